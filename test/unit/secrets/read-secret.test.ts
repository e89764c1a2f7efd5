import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {readSecret} from '../../../src/secrets/read-secret.ts'
import {Secrets} from '../../../src/snapshot/secrets.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-secret-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

async function read(content: string) {
  writeFileSync(path.join(folder, 'one'), content)
  const secrets = new Secrets()
  return {line: await readSecret(folder, 'one', secrets), secrets}
}

it('is one line, without what an editor adds, and null where there is none', async () => {
  expect((await read('canary-password\n')).line).toBe('canary-password')
  expect((await read('\n')).line).toBeNull()
  expect(await readSecret(folder, 'gone', new Secrets())).toBeNull()
})

it.each([
  ['canary-password\n', 'it is canary-password'],
  ['redis://worker:canary-password@redis:6379/0', 'AUTH worker canary-password'],
  ['hub:canary-password', 'the password is canary-password'],
  [
    `header_up Authorization "Basic ${btoa('hub:canary-password')}"`,
    `Authorization: Basic ${btoa('hub:canary-password')}`,
  ],
  ['hub:canary-password', `Authorization: Basic ${btoa('hub:canary-password')}`],
])('%j is masked from then on', async (content, text) => {
  const {secrets} = await read(content)
  expect(secrets.mask(text)).toMatch(/^\D+ \*\*\*$/)
})

it('the user of a pair is no secret', async () => {
  expect((await read('operator:canary-password')).secrets.mask('operator')).toBe('operator')
})
