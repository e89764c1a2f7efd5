import path from 'node:path'
import * as v from 'valibot'
import {parseNetwork} from '../../snapshot/networks.ts'
import type {ProductionWishes} from './production.ts'

const network = v.pipe(
  v.string('wants an address or a network such as 10.0.0.0/8'),
  v.check(
    text => parseNetwork(text) !== null,
    'wants an address or a network such as 10.0.0.0/8, 203.0.113.7 or 2001:db8::/32',
  ),
)
const port = v.pipe(
  v.number('wants a port'),
  v.integer('wants a port'),
  v.minValue(1, 'wants a port from 1 to 65535'),
  v.maxValue(65_535, 'wants a port from 1 to 65535'),
)
const site = v.pipe(
  v.string('wants a name'),
  v.regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i,
    'wants one name, or IPv4 address, that people type, such as hub.example.com',
  ),
)
const email = v.pipe(v.string(), v.regex(/^[^\s@{}"]+@[^\s@{}"]+$/, 'wants an e-mail address'))
const file = v.pipe(v.string(), v.nonEmpty('wants a file'))

const entries = {
  site: v.exactOptional(site),
  allow: v.exactOptional(v.array(network, 'wants a list of addresses and networks')),
  trustedProxies: v.exactOptional(v.array(network, 'wants a list of addresses and networks')),
  prefix: v.exactOptional(
    v.pipe(
      v.string('wants a path such as flower'),
      v.transform(text => text.replace(/^\/+|\/+$/g, '')),
      v.regex(/^([\w.-]+(\/[\w.-]+)*)?$/, 'wants a path such as flower'),
    ),
  ),
  allowActions: v.exactOptional(v.boolean('wants true or false')),
  bind: v.exactOptional(
    v.pipe(
      v.string('wants an address'),
      v.check(
        text => parseNetwork(text) !== null && !text.includes('/'),
        'wants an address of this machine, such as 0.0.0.0',
      ),
    ),
  ),
  httpsPort: v.exactOptional(port),
  httpPort: v.exactOptional(port),
  exportUrls: v.exactOptional(v.boolean('wants true or false')),
}

/** `production:` of the configuration file. */
export const productionSchema = v.strictObject({
  ...entries,
  /** Folder of the secrets. */
  secrets: v.exactOptional(v.pipe(v.string('wants a folder'), v.nonEmpty('is empty'))),
  certificate: v.exactOptional(
    v.union(
      [v.literal('internal'), v.strictObject({email}), v.strictObject({certificate: file, key: file})],
      'wants internal, {email: …} or {certificate: file, key: file}',
    ),
  ),
})
export type WrittenProduction = v.InferOutput<typeof productionSchema>

/** What `up --production` has written down for the next command. */
export const rememberedSchema = v.strictObject({
  schema: v.literal('hub-mon/production@1'),
  /** The compose file that the project is in production with, absolute. */
  file: v.string(),
  /** Folder of the secrets, absolute. */
  secrets: v.string(),
  production: v.strictObject({
    ...entries,
    certificate: v.exactOptional(
      v.variant('by', [
        v.strictObject({by: v.literal('internal')}),
        v.strictObject({by: v.literal('acme'), email}),
        v.strictObject({by: v.literal('own'), certificate: file, key: file}),
      ]),
    ),
  }),
})
export type Remembered = v.InferOutput<typeof rememberedSchema>

export const productionKeys = Object.keys(productionSchema.entries)

/** As it is kept: a relative file starts where it was written. */
function certificateOf(
  written: NonNullable<WrittenProduction['certificate']>,
  directory: string,
): NonNullable<Remembered['production']['certificate']> {
  if (written === 'internal') return {by: 'internal'}
  if ('email' in written) return {by: 'acme', email: written.email}
  return {
    by: 'own',
    certificate: path.resolve(directory, written.certificate),
    key: path.resolve(directory, written.key),
  }
}

/** Of the file that `up --production` has written. */
export function parseRemembered(
  text: string,
): {remembered: Remembered; fault: null} | {remembered: null; fault: string} {
  const read = v.safeParse(rememberedSchema, fromJson(text))
  return read.success
    ? {remembered: read.output, fault: null}
    : {remembered: null, fault: `${v.getDotPath(read.issues[0]) ?? 'it'} ${read.issues[0].message}`}
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What a command line says, as it is kept; a relative file starts in the directory. */
export function wishesOf(
  written: WrittenProduction,
  directory: string,
): {wishes: ProductionWishes; fault: null} | {wishes: null; fault: string} {
  const read = v.safeParse(productionSchema, written)
  if (!read.success)
    return {wishes: null, fault: `${v.getDotPath(read.issues[0]) ?? 'it'} ${read.issues[0].message}`}
  const {certificate, secrets: _, ...wishes} = read.output
  return {
    wishes: {
      ...wishes,
      ...(certificate === undefined ? {} : {certificate: certificateOf(certificate, directory)}),
    },
    fault: null,
  }
}
