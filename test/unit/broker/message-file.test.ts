import {mkdtemp, readFile, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {
  checkFile,
  fileNameFor,
  type Heading,
  type KeptMessage,
  MessageWriter,
  messagesOf,
  readHeading,
} from '../../../src/broker/message-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-file-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

const heading = (lists: Heading['lists']): Heading => ({
  id: '20261123T091500Z-00ff00ff',
  queue: 'mail',
  takenAt: '2026-11-23T09:15:00.000Z',
  tool: '0.1.0',
  broker: {project: null, address: '127.0.0.1:6379/0', database: 0, keyPrefix: ''},
  lists,
})

async function write(file: string, messages: KeptMessage[], said = messages.length): Promise<void> {
  const writer = await MessageWriter.create(file)
  await writer.begin(heading([{step: 0, home: 'mail', messages: said}]))
  await writer.add(messages)
  await writer.end()
}

async function read(file: string): Promise<KeptMessage[]> {
  const all: KeptMessage[] = []
  for await (const batch of messagesOf(file)) all.push(...batch)
  return all
}

describe('a file of messages', () => {
  it('gives back every byte, in the order of writing', async () => {
    let place = 0
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string({unit: 'binary'}).map(text => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, {maxLength: 20}), async values => {
        place += 1
        const file = path.join(folder, `${place}.jsonl`)
        const messages = values.map(value => ({step: 0, message: Buffer.from(value)}))
        await write(file, messages)
        expect(await read(file)).toEqual(messages)
        expect(await checkFile(file)).toBe(messages.length)
      }),
      {numRuns: 50},
    )
  })

  it('belongs to its user alone, and takes no other file away', async () => {
    const file = path.join(folder, 'a.jsonl')
    await write(file, [])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await expect(MessageWriter.create(file)).rejects.toMatchObject({code: 'file-failed', exit: 69})
    expect(await readHeading(file)).toEqual(heading([{step: 0, home: 'mail', messages: 0}]))
  })

  it('is damaged where its count is not what it says', async () => {
    const file = path.join(folder, 'a.jsonl')
    await write(file, [{step: 0, message: Buffer.from('x')}], 2)
    await expect(checkFile(file)).rejects.toMatchObject({code: 'file-damaged'})
  })

  it('holds text as text, for who looks into it', async () => {
    const file = path.join(folder, 'a.jsonl')
    await write(file, [{step: 3, message: Buffer.from('{"é": 1}')}], 0).catch(() => {})
    expect(await readFile(file, 'utf8')).toContain('{"step":3,"message":"{\\"é\\": 1}"}')
  })
})

describe('the name of a file', () => {
  it('is one that any file system takes, in the folder that was meant', () => {
    const now = new Date('2026-11-23T09:15:00.123Z')
    expect(fileNameFor('mail.eu', now)).toBe('hub-mon-mail.eu-20261123T091500Z.jsonl')
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 300}), queue => {
        expect(fileNameFor(queue, now)).toMatch(/^hub-mon-[\w.-]{0,81}-20261123T091500Z\.jsonl$/)
      }),
    )
    expect(fileNameFor('../../etc/passwd', now)).not.toContain('/')
  })
})
