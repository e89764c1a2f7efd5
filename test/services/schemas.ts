import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {root} from './hub.ts'

const ajv = new Ajv2020({strict: false, validateFormats: false, allErrors: true})
for (const file of readdirSync(path.join(root, 'schemas')))
  ajv.addSchema(JSON.parse(readFileSync(path.join(root, 'schemas', file), 'utf8')))
/** What of a document does not hold to the schema `hub-mon/<name>@<version>`; empty when it does. */
export const complaints = (id: string, document: unknown) => {
  const validate = ajv.getSchema(`urn:hub-mon:${id}`)
  if (validate === undefined) throw new Error(`no schema ${id}`)
  return validate(document) ? [] : validate.errors
}
