import {chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {type Action, journalFile, record} from '../../../src/broker/journal.ts'
import {Secrets} from '../../../src/snapshot/secrets.ts'

let state: string
const action: Action = {
  command: 'queues purge',
  target: '127.0.0.1:6379/0',
  did: 'purged queue emails',
  outcome: 'done',
  counts: {messages: 12},
}

beforeEach(async () => {
  state = await mkdtemp(path.join(os.tmpdir(), 'hub-mon-journal-'))
})
afterEach(() => rm(state, {recursive: true, force: true}))

function write(more: Partial<Action> = {}, secrets = new Secrets()) {
  return record({...action, ...more}, {secrets, environment: {XDG_STATE_HOME: state}})
}
const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8)
async function lines(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8')
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
}

describe('the journal of actions', () => {
  it('is for its user alone, in the state directory', async () => {
    const {file, warning} = await write()
    expect(warning).toBeNull()
    expect(file).toBe(path.join(state, 'hub-mon', 'actions.jsonl'))
    expect(await modeOf(file)).toBe('600')
    expect(await modeOf(path.dirname(file))).toBe('700')
  })

  it('has a line an action: when, who, what, on what, how it ended', async () => {
    await write()
    const {file} = await write({outcome: 'failed', counts: {}})
    const written = await lines(file)
    expect(written).toMatchObject([action, {...action, outcome: 'failed', counts: {}}])
    for (const {at, user} of written) {
      expect(Math.abs(Date.now() - Date.parse(String(at)))).toBeLessThan(60_000)
      expect(user).toBe(os.userInfo().username)
    }
  })

  it('shows no secret and breaks no line', async () => {
    const secrets = new Secrets()
    secrets.add('hunter22')
    const {file} = await write({did: 'went to redis://u:hunter22@h\nand hunter22'}, secrets)
    const text = await readFile(file, 'utf8')
    expect(text).not.toContain('hunter22')
    expect(text.trimEnd().split('\n')).toHaveLength(1)
  })

  it('takes rights away that others have on it', async () => {
    const {file} = await write()
    await chmod(file, 0o644)
    await write()
    expect(await modeOf(file)).toBe('600')
  })

  it('keeps lines whole that are written at once', async () => {
    await Promise.all(Array.from({length: 50}, (_, count) => write({counts: {count}})))
    const written = await lines(journalFile({XDG_STATE_HOME: state}))
    expect(written.map(({counts}) => (counts as {count: number}).count).sort((a, b) => a - b)).toEqual(
      Array.from({length: 50}, (_, count) => count),
    )
  })

  it('begins anew above 5 MB and keeps the one before', async () => {
    const file = journalFile({XDG_STATE_HOME: state})
    await mkdir(path.dirname(file), {recursive: true})
    await writeFile(file, `${'x'.repeat(5 * 1024 * 1024 + 1)}\n`)
    await write()
    expect(await lines(file)).toHaveLength(1)
    expect((await stat(`${file}.1`)).size).toBeGreaterThan(5 * 1024 * 1024)
  })

  it('warns where it cannot be written, and fails nothing', async () => {
    await writeFile(path.join(state, 'hub-mon'), 'a file where the directory should be')
    const {file, warning} = await write()
    expect(warning).toMatch(/^What was done could not be written to .*actions\.jsonl: E/)
    expect(warning).toContain(file)
  })

  it('is in the home where no absolute state directory is named', () => {
    const usual = path.join(os.homedir(), '.local', 'state', 'hub-mon', 'actions.jsonl')
    expect(journalFile({})).toBe(usual)
    expect(journalFile({XDG_STATE_HOME: 'state'})).toBe(usual)
    expect(journalFile({XDG_STATE_HOME: ''})).toBe(usual)
  })
})
