import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {exitCodes} from '../../src/errors/exit-codes.ts'
import type {Snapshot} from '../../src/snapshot/snapshot.ts'
import {type Ended, hubMon, quietEnvironment, startHubMon} from '../services/hub-mon.ts'
import {freePort} from '../services/redis.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-exit-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

const kept = (name: string) => path.join(import.meta.dirname, '../fixtures/snapshots', `${name}.json`)

/** A kept snapshot, broken by hand. */
function broken(name: string, change: (snapshot: Snapshot) => void): string {
  const snapshot = JSON.parse(readFileSync(kept('healthy'), 'utf8')) as Snapshot
  change(snapshot)
  const file = path.join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(snapshot))
  return file
}

/** Whatever the code: nothing on stdout but the result, a first line that says what failed, never a stack trace. */
function expectFailure({stdout, stderr}: Ended): void {
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^Error: ./)
  expect(stderr).not.toMatch(/\n\s+at .*:\d+/)
}

describe('verdicts', () => {
  it.each([
    ['healthy', exitCodes.done],
    ['backlog', exitCodes.warning],
    ['redis-down', exitCodes.critical],
  ])('doctor on %s ends with %i', async (name, code) => {
    const ended = await hubMon(['doctor', '--from', kept(name)])
    expect(ended).toMatchObject({code, stderr: ''})
    expect(ended.stdout.trim().split('\n').at(-1)).toMatch(code === 0 ? /ok/ : /Next: \S/)
  })

  it('a check that fails on what it sees is unknown: 3', async () => {
    const file = broken('crash', ({sources}) => {
      Object.assign(sources.redis ?? {}, {value: {}})
    })
    const {code, stdout} = await hubMon(['doctor', '--from', file, '--only', 'redis'])
    expect(stdout).toContain('the check itself failed')
    expect(code).toBe(exitCodes.unknown)
  })

  it.each([
    ['backlog', 'critical', exitCodes.done],
    ['redis-down', 'critical', exitCodes.critical],
    ['redis-down', 'never', exitCodes.done],
  ])('%s with --fail-on %s ends with %i', async (name, level, code) => {
    expect((await hubMon(['doctor', '--from', kept(name), '--fail-on', level])).code).toBe(code)
  })

  it('stats sets one only with --check', async () => {
    const from = ['--saved', kept('tasks-failing')]
    expect((await hubMon(['stats', ...from])).code).toBe(exitCodes.done)
    expect((await hubMon(['stats', ...from, '--check'])).code).toBe(exitCodes.critical)
    expect((await hubMon(['stats', '--saved', kept('backlog'), '--check'])).code).toBe(exitCodes.warning)
    expect((await hubMon(['stats', '--saved', kept('healthy'), '--check'])).code).toBe(exitCodes.done)
    expect((await hubMon(['stats', '--saved', kept('redis-down'), '--check'])).code).toBe(exitCodes.critical)
    expect((await hubMon(['stats', '--saved', kept('no-docker'), '--check'])).code).toBe(exitCodes.unknown)
  })
})

describe('failures', () => {
  const nowhere = () => quietEnvironment({DOCKER_HOST: `unix://${folder}/no-engine.sock`})

  it.each([
    ['a wrong flag', ['doctor', '--bogus'], 'Nonexistent flag: --bogus'],
    ['a wrong value', ['doctor', '--fail-on', 'sometimes'], 'sometimes'],
    ['no duration', ['doctor', '--wait', 'soon'], '--wait wants a duration'],
    ['a missing argument', ['explain'], 'check'],
    ['an unknown check', ['explain', 'redis.reachabel'], 'no check'],
    ['a check pattern that fits nothing', ['doctor', '--only', 'rediss.*'], 'rediss.*'],
    ['a compose file that is not there', ['doctor', '--file', 'gone.yml'], 'gone.yml'],
    ['no snapshot', ['doctor', '--from', '/dev/null'], 'no snapshot'],
    ['two that exclude each other', ['doctor', '--quiet', '--verbose'], 'verbose'],
  ])('64 for %s', async (_what, words, says) => {
    const ended = await hubMon(words)
    expectFailure(ended)
    expect(ended.stderr).toContain(says)
    expect(ended.code).toBe(exitCodes.usage)
  })

  it('64 says which flag and which check were meant', async () => {
    expect((await hubMon(['doctor', '--passiv'])).stderr).toContain('hub-mon doctor --passive')
    expect((await hubMon(['explain', 'redis.reachabel'])).stderr).toContain('hub-mon explain redis.reachable')
  })

  it('69 when there is no engine to act on', async () => {
    const ended = await hubMon(['up'], {env: nowhere()})
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toContain('Docker')
    expect(ended.code).toBe(exitCodes.unavailable)
  })

  it('69 for an engine that we cannot speak to, from any folder', async () => {
    const env = quietEnvironment({DOCKER_HOST: 'ssh://host'})
    const {code, stderr} = await hubMon(['up'], {env, cwd: folder})
    expect(stderr).toContain('ssh -nNT')
    expect(code).toBe(exitCodes.unavailable)
  })

  it('70 for a bug of ours, without a stack trace unless asked', async () => {
    const file = broken('bug', ({expected}) => {
      expected.bounds.push(null as never)
    })
    const ended = await hubMon(['stats', '--saved', file])
    expectFailure(ended)
    expect(ended.stderr).toContain('please report it')
    expect(ended.code).toBe(exitCodes.bug)
    const asked = await hubMon(['stats', '--saved', file], {env: quietEnvironment({DEBUG: 'hub-mon'})})
    expect(asked.stderr).toMatch(/\n\s+at /)
  })

  it.each(['throw new Error("late")', 'Promise.reject(new Error("late"))'])(
    '70, and no verdict, for what fails where nobody waits: %s',
    async failure => {
      const late = `data:text/javascript,setTimeout(()=>{${encodeURIComponent(failure)}},800)`
      const env = {...nowhere(), NODE_OPTIONS: `--import=${late}`}
      const url = `redis://127.0.0.1:${await freePort()}/0`
      const ended = await hubMon(['doctor', '--redis-url', url, '--wait', '20s'], {env, cwd: folder})
      expectFailure(ended)
      expect(ended.stderr).toContain('late')
      expect(ended.code).toBe(exitCodes.bug)
    },
  )

  it('77 when the socket does not let us in', async () => {
    const socket = path.join(folder, 'closed.sock')
    const server = createServer()
    await new Promise<void>(resolve => server.listen(socket, resolve))
    chmodSync(socket, 0o000)
    const env = quietEnvironment({DOCKER_HOST: `unix://${socket}`})
    // Root is let in everywhere: hub-mon runs as nobody then, who must be able to read it.
    const nobody = process.getuid?.() === 0 ? {uid: 65534, gid: 65534} : {}
    chmodSync(folder, 0o755)
    const {code, stderr} = await hubMon(['up'], {env, cwd: '/', ...nobody})
    server.close()
    expect(stderr).toContain('permission')
    expect(code).toBe(exitCodes.permission)
  })

  it('78 for a wrong configuration', async () => {
    writeFileSync(path.join(folder, 'hub-mon.config.yaml'), 'projctName: hub\n')
    const ended = await hubMon(['doctor'], {cwd: folder})
    rmSync(path.join(folder, 'hub-mon.config.yaml'))
    expectFailure(ended)
    expect(ended.stderr).toContain('did you mean projectName?')
    expect(ended.code).toBe(exitCodes.configuration)
  })

  it('127 for a command that is not there, with the one that was meant', async () => {
    const ended = await hubMon(['docter', '--quiet'])
    expectFailure(ended)
    expect(ended.stderr).toContain('hub-mon doctor --quiet')
    expect(ended.code).toBe(exitCodes.noSuchCommand)
  })

  it.each([
    ['SIGINT', exitCodes.interrupted],
    ['SIGTERM', exitCodes.terminated],
  ] as const)('%s ends a wait with %i', async (signal, code) => {
    const url = `redis://127.0.0.1:${await freePort()}/0`
    const {child, ended} = startHubMon(['doctor', '--redis-url', url, '--wait', '60s'], {
      env: nowhere(),
      cwd: folder,
    })
    setTimeout(() => child.kill(signal), 1500)
    expect(await ended).toMatchObject({code, stdout: ''})
  })
})

describe('--json', () => {
  it.each([
    ['usage', ['doctor', '--bogus', '--json'], exitCodes.usage],
    ['configuration', ['doctor', '--config', '/gone.yaml', '--json'], exitCodes.configuration],
    ['no such command', ['docter', '--json'], exitCodes.noSuchCommand],
  ])('is one document also for errors: %s', async (_what, words, code) => {
    const ended = await hubMon(words)
    expect(ended).toMatchObject({code, stderr: ''})
    const document = JSON.parse(ended.stdout)
    expect(document).toMatchObject({schema: 'hub-mon/error@1', ok: false, exitCode: code, data: null})
    expect(document.error.suggestions).toBeInstanceOf(Array)
  })

  it('of a stream is a line a piece, its error, too', async () => {
    const {stdout, code} = await hubMon(['logs', '--json', '--tail', 'many'])
    const [line = '', ...others] = stdout.trimEnd().split('\n')
    expect(others).toEqual([])
    expect(JSON.parse(line)).toMatchObject({schema: 'hub-mon/error@1', exitCode: code})
  })

  it('can be asked for by variable, and stops at --', async () => {
    const env = quietEnvironment({HUB_MON_JSON: '1'})
    expect(JSON.parse((await hubMon(['doctor', '--bogus'], {env})).stdout).error.code).toBe('usage')
    expect(JSON.parse((await hubMon(['docter'], {env})).stdout).error.code).toBe('no-such-command')
    expect((await hubMon(['explain', '--', '--json'])).stdout).toBe('')
  })
})

describe('streams', () => {
  it('carries no escape sequence into a pipe', async () => {
    for (const words of [['doctor'], ['stats'], ['doctor', '--verbose'], ['doctor', '--format', 'short']]) {
      const replay = words[0] === 'stats' ? '--saved' : '--from'
      const {stdout} = await hubMon([...words, replay, kept('hostile-names')])
      expect(stdout).not.toMatch(/\u001B/)
    }
  })

  it('takes nothing from a loop’s stdin', async () => {
    const {child, ended} = startHubMon(['explain'], {stdio: ['pipe', 'pipe', 'pipe']})
    child.stdin?.end('redis.reachable\n')
    expect((await ended).code).toBe(exitCodes.usage)
  })

  it('bears with a reader that has seen enough', async () => {
    const {child, ended} = startHubMon(['doctor', '--from', kept('hostile-names'), '--verbose', '--json'])
    child.stdout?.destroy()
    expect((await ended).stderr).toBe('')
  })
})
