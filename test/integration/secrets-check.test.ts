import {chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {secretFiles} from '../../src/secrets/files.ts'
import {docker, root} from '../services/hub.ts'
import {type Ended, hubMon, quietEnvironment} from '../services/hub-mon.ts'
import {complaints} from '../services/schemas.ts'

const project = `t-check-${process.pid}`
const redis = `${project}-redis`
let base: string
let folder: string
let before: Map<string, string>

const mon = (...words: string[]) =>
  hubMon(['secrets', ...words, '--project-name', project], {
    cwd: base,
    env: quietEnvironment({HUB_SECRETS_DIR: folder, XDG_STATE_HOME: base}),
  })
const file = (name: string) => path.join(folder, name)

/** A Redis as Compose would have made it, with these users. */
async function startRedis(...more: string[]): Promise<void> {
  await docker('rm', '-f', redis).catch(() => {})
  const labels = [`com.docker.compose.project=${project}`, 'com.docker.compose.service=redis', ...more]
  await docker(
    ...['run', '-d', '--name', redis, '--user', '999', ...labels.flatMap(label => ['--label', label])],
    ...['-v', `${file('redis_acl')}:/run/secrets/redis_acl:ro`],
    ...['-v', `${path.join(root, 'production/redis.sh')}:/etc/hub/redis.sh:ro`, 'redis:7-alpine'],
    ...['/bin/sh', '/etc/hub/redis.sh', 'redis-server', '--protected-mode', 'no'],
  )
  const log = async () => await docker('logs', redis)
  await expect.poll(log, {timeout: 20_000}).toContain('Ready to accept connections')
}

beforeAll(async () => {
  base = mkdtempSync(path.join(tmpdir(), 'hub-mon-check-'))
  folder = path.join(base, 'secrets')
  const made = await mon('init')
  expect(made.code, made.stderr).toBe(0)
  before = new Map(secretFiles.map(({name}) => [name, readFileSync(file(name), 'utf8')]))
})
afterAll(async () => {
  await docker('rm', '-f', redis).catch(() => {})
  rmSync(base, {recursive: true})
})
beforeEach(() => {
  // In place: what is mounted stays the same file.
  for (const [name, text] of before) writeFileSync(file(name), text)
  chmodSync(folder, 0o700)
})

/** Its findings that are no pass, by JSON that holds its schema and shows no secret. */
async function checked(): Promise<{code: number | null; findings: Map<string, string>; next: string | null}> {
  const ended: Ended = await mon('check', '--json')
  const document = JSON.parse(ended.stdout)
  expect(complaints('secrets-check@1', document)).toEqual([])
  for (const {name} of secretFiles)
    for (const word of readFileSync(file(name), 'utf8').match(/[\w-]{43}/g) ?? [])
      expect(ended.stdout + ended.stderr, name).not.toContain(word)
  const {findings, next} = document.data
  const bad = findings.filter(({status}: {status: string}) => status !== 'pass' && status !== 'skipped')
  return {
    code: ended.code,
    findings: new Map(
      bad.map(({check, status, message}: Record<string, string>) => [check, `${status}: ${message}`]),
    ),
    next: next?.line ?? null,
  }
}

describe('secrets check', () => {
  it('of a hub that does not run says what the files are', async () => {
    expect(await checked()).toEqual({code: 0, findings: new Map(), next: null})
    const {stdout} = await mon('check')
    expect(stdout).toMatch(/skipped +Each user signs in to Redis: the hub does not run/)
    expect(stdout).toMatch(/The secrets are as they should be\.\n$/)
  })

  it('of a hub that runs with other secrets, or with none, says that', async () => {
    await startRedis()
    expect((await mon('check')).stdout).toContain('the hub that runs is not in production')
    await startRedis('org.hub-mon.secrets=/elsewhere')
    expect((await mon('check')).stdout).toContain('the hub runs with /elsewhere')
  })

  it('of a hub that runs signs in as each user, and is refused as a stranger', async () => {
    await startRedis(`org.hub-mon.secrets=${folder}`)
    expect(await checked()).toEqual({code: 0, findings: new Map(), next: null})
    const {stdout} = await mon('check')
    expect(stdout).toMatch(/pass +Each user signs in to Redis: redis_health, worker_broker_url, /)
    expect(stdout).toMatch(/pass +Redis lets nobody else in: 9 tried/)
  })

  it('tells a user who is refused, an earlier password, and a default that is on, with what to type', async () => {
    await startRedis(`org.hub-mon.secrets=${folder}`)
    const other = 'another-password-of-somebody-else-0123456789a'
    writeFileSync(file('hub-mon_act'), `redis://hub-mon-act:${other}@redis:6379/0\n`)
    const refused = await checked()
    expect(refused).toMatchObject({code: 2, next: `hub-mon secrets init --project-name ${project}`})
    expect(refused.findings.get('secrets.fit')).toMatch(/does not know the password in hub-mon_act$/)
    expect(refused.findings.get('secrets.sign-in')).toBe(
      'critical: Redis refuses hub-mon-act, who signs in by hub-mon_act',
    )
    writeFileSync(file('hub-mon_act'), before.get('hub-mon_act') ?? '')
    writeFileSync(
      file('redis_acl'),
      `${before.get('redis_acl')?.replace('user flower on ', `user flower on #${'a'.repeat(64)} `)}`.replace(
        /^user default off.*$/m,
        'user default on nopass ~* &* +@all',
      ),
    )
    await docker('restart', '-t', '0', redis)
    await expect
      .poll(async () => await docker('exec', redis, 'redis-cli', 'PING').catch(() => ''))
      .toBe('PONG\n')
    const open = await checked()
    expect(open.code).toBe(2)
    expect(open.findings.get('secrets.strangers')).toMatch(
      /^critical: Redis lets in somebody without a password/,
    )
    expect(open.findings.get('secrets.one-password')).toBe(
      'warning: an earlier password still lets in flower',
    )
  })

  it('tells files that others may read, known passwords, and a folder that others may enter', async () => {
    await docker('rm', '-f', redis)
    chmodSync(file('worker_broker_url'), 0o444)
    writeFileSync(file('login'), 'admin:secure_password_here\n')
    const {code, findings} = await checked()
    expect(code).toBe(2)
    expect(findings.get('secrets.owners')).toMatch(/worker_broker_url is mode 444 of uid 1000, not 400/)
    expect(findings.get('secrets.known')).toMatch(/^critical: the password in login stands in examples/)
    expect(findings.get('secrets.fit')).toMatch(/^critical: proxy_users has no line for the user in login/)
    chmodSync(file('worker_broker_url'), 0o400)
    chmodSync(folder, 0o755)
    expect((await checked()).findings.get('secrets.folder')).toMatch(
      /^critical: .* can be entered by others$/,
    )
  })

  it('exits as its verdict, and as --fail-on says', async () => {
    const twice = `user worker on #${'b'.repeat(64)} `
    writeFileSync(file('redis_acl'), before.get('redis_acl')?.replace('user worker on ', twice) ?? '')
    const year = Date.now() / 1000 - 400 * 86_400
    utimesSync(file('flower_auth'), year, year)
    expect(await checked()).toMatchObject({code: 1})
    expect((await mon('check', '--fail-on', 'critical')).code).toBe(0)
    expect((await mon('check')).stdout).toMatch(/flower_auth is older than a year/)
  })
})
