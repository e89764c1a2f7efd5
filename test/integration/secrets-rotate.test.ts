import {execFile} from 'node:child_process'
import {X509Certificate} from 'node:crypto'
import {once} from 'node:events'
import {readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {connect} from 'node:tls'
import {promisify} from 'node:util'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {redisUsers} from '../../src/redis-users/registry.ts'
import {type Authority, makeAuthority} from '../services/authority.ts'
import {docker, root, until} from '../services/hub.ts'
import {askAt} from '../services/lan.ts'
import {ProductionHub} from '../services/production-hub.ts'
import {complaints} from '../services/schemas.ts'
import {itThoroughly} from '../services/thorough.ts'
import {accountFor, type Sender, sendTraffic} from '../services/traffic.ts'

const run = promisify(execFile)
let hub: ProductionHub
let authority: Authority
const users = redisUsers.map(({name}) => name)
/** All that was ever printed, and every password that there ever was. */
const printed: string[] = []
const everSecret = new Set<string>()
/** Senders of tasks. */
const running: string[] = []

/** Its services speak TLS to Redis, whose certificate ends in ten days. */
beforeAll(async () => {
  hub = await ProductionHub.make()
  const made = await hub.mon('secrets', 'init', '--redis-tls')
  expect(made.code, made.stderr).toBe(0)
  expect(await hub.secret('worker_broker_url')).toMatch(/^rediss:/)
  authority = await makeAuthority()
  const {cert, key} = await authority.issue(['redis', 'localhost'], {from: -80, to: 10})
  await writeFile(path.join(hub.secretsFolder, 'redis_tls'), `${cert}${key}`)
  await writeFile(path.join(hub.secretsFolder, 'redis_ca'), authority.cert)
  const up = await hub.produce()
  expect(up.code, up.stderr).toBe(0)
})
afterEach(async () => {
  if (running.length > 0) await docker('rm', '-f', ...running.splice(0))
})
afterAll(async () => {
  await hub?.remove()
  await authority?.remove()
})

async function remember(): Promise<void> {
  for (const password of await hub.passwords()) everSecret.add(password)
}
async function secrets(...words: string[]) {
  await remember()
  const ended = await hub.mon('secrets', ...words)
  await remember()
  printed.push(ended.stdout, ended.stderr)
  return ended
}
const rotate = (...words: string[]) => secrets('rotate', ...words)
const journal = async () => {
  const lines = (await readFile(path.join(hub.home, 'hub-mon', 'actions.jsonl'), 'utf8')).trim().split('\n')
  return lines.map(line => JSON.parse(line) as {command: string; did: string; outcome: string})
}

/** What Redis answers to this user; the password goes by a variable, as nobody else sees it. */
async function as(user: string, password: string, ...words: string[]): Promise<string> {
  const {stdout} = await run(
    'docker',
    [
      ...['exec', '-e', 'REDISCLI_AUTH', hub.container('redis'), 'redis-cli'],
      ...['--tls', '--cacert', '/run/secrets/redis_ca', '--user', user, ...words],
    ],
    {env: {...process.env, REDISCLI_AUTH: password}},
  )
  return stdout.trim()
}
const passwordIn = async (file: string) =>
  decodeURIComponent(/:([^:@]+)@/.exec(await hub.secret(file))?.[1] ?? '')
const fileOf = (user: string) =>
  user.startsWith('hub-mon-')
    ? user.replace('hub-mon-', 'hub-mon_')
    : user === 'recorder'
      ? 'recorder_redis_url'
      : `${user}_broker_url`

const passwordOf = (user: string) =>
  user === 'health' ? hub.secret('redis_health') : passwordIn(fileOf(user))

async function passwordsNow(): Promise<Map<string, string>> {
  return new Map(await Promise.all(users.map(async user => [user, await passwordOf(user)] as const)))
}
/** Whether each of them is let in. */
async function letIn(passwords: ReadonlyMap<string, string>): Promise<boolean[]> {
  const answers = await Promise.all([...passwords].map(([user, password]) => as(user, password, 'PING')))
  for (const answer of answers) expect(answer).toMatch(/^PONG$|WRONGPASS|NOAUTH/)
  return [...new Set(answers.map(answer => answer === 'PONG'))]
}

const startedAt = (service: string) =>
  docker('inspect', '--format', '{{.State.StartedAt}}', hub.container(service))

/** The fingerprint of the certificate. */
async function shownByRedis(): Promise<string | undefined> {
  const address = await docker('inspect', '--format', addressFormat, hub.container('redis'))
  const socket = connect({host: address.trim(), port: 6379, rejectUnauthorized: false})
  await once(socket, 'secureConnect')
  const shown = socket.getPeerX509Certificate()?.fingerprint256
  socket.destroy()
  return shown
}

const addressFormat = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'

/** Sends so many tasks from the hub's network, with the worker's secrets as they are now. */
async function traffic(count: number): Promise<Sender> {
  const name = `${hub.project}-traffic`
  running.push(name)
  const secret = (file: string) => `${path.join(hub.secretsFolder, file)}:/run/secrets/${file}:ro`
  const options = [
    ...['--network', `${hub.project}_broker`],
    ...['worker_broker_url', 'worker_result_url', 'redis_ca'].flatMap(file => ['-v', secret(file)]),
    ...['-v', `${path.join(root, 'hub')}:/hub:ro`],
    ...['-e', 'CELERY_BROKER_URL_FILE=/run/secrets/worker_broker_url'],
    ...['-e', 'CELERY_RESULT_BACKEND_FILE=/run/secrets/worker_result_url'],
  ]
  const mix = ['--mix', 'quick=70,slow=10,scheduled=7,failing=8,retrying=5', '--countdown', '3']
  const more = [...mix, '--slow-seconds', '1', '--wait', '120s']
  const sender = await sendTraffic(name, options, {count, rate: 10, more})
  const address = (await docker('inspect', '--format', addressFormat, name)).trim()
  await until('it is signed in', 30, async () =>
    (await signedIn('worker')).some(line => line.includes(`addr=${address}:`)),
  )
  return {
    async done() {
      const all = await sender.done()
      running.splice(0)
      return all
    },
  }
}

const signedIn = async (user: string) => {
  const list = await as('hub-mon-admin', await passwordIn('hub-mon_admin'), 'CLIENT', 'LIST')
  return list.split('\n').filter(line => line.includes(` user=${user} `))
}

describe('secrets rotate', () => {
  it('says what it would do, does nothing without a yes, and begins from a hub that is well', async () => {
    const before = await passwordsNow()
    const {code, stdout} = await rotate('--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^New passwords for worker, flower, recorder, health, hub-mon-ask, /)
    expect(stdout).toMatch(/^celery-worker is started again; running tasks get 5 min to finish\.$/m)
    expect(stdout).toMatch(/^flower, proxy are started again\.$/m)
    const asked = await rotate()
    expect(asked.code).toBe(64)
    expect(asked.stderr).toMatch(/rotating the secrets wants a yes/)
    expect(await passwordsNow()).toEqual(before)
    expect((await rotate('--finish', '--yes')).stdout).toMatch(/^No rotation is under way/)
    const {data} = JSON.parse((await secrets('check', '--json')).stdout)
    expect(data.counts).toMatchObject({critical: 0, unknown: 0, warning: 1})
    const ends = data.findings.find(({status}: {status: string}) => status === 'warning')
    expect(ends.message).toMatch(/^redis_tls ends in (9|10) d/)
    expect(data.next.line).toMatch(/^hub-mon secrets rotate .*--redis-tls$/)
  })

  it('does not take somebody else for Redis', async () => {
    const file = path.join(hub.secretsFolder, 'redis_ca')
    const stranger = await makeAuthority('Somebody Else')
    await writeFile(file, stranger.cert)
    try {
      const {code, stdout} = await secrets('check')
      expect(code, stdout).toBe(3)
      expect(stdout).toMatch(/unknown +secrets\.sign-in: .*certificate/)
    } finally {
      await writeFile(file, authority.cert)
      await stranger.remove()
    }
    // Nor is anybody let in who does not ask for TLS.
    const plain = await run('docker', ['exec', hub.container('redis'), 'redis-cli', 'PING']).catch(
      (error: {stdout: string; stderr: string}) => error,
    )
    expect(plain.stdout + plain.stderr).not.toContain('PONG')
  })

  it('does not cut off a program elsewhere that has the earlier password', async () => {
    const sender = await traffic(60)
    const before = await passwordsNow()
    const refused = await rotate('--yes')
    expect(refused.code, refused.stderr).toBe(69)
    expect(refused.stderr).toMatch(/connections? of worker from elsewhere .* and would be refused/)
    expect(refused.stderr).toContain('--keep-old')
    expect(await passwordsNow()).toEqual(before)
    accountFor(await sender.done(), 60)
  })

  it('under traffic, with the earlier passwords kept for the sender, and then taken away under traffic, no task is lost', async () => {
    const before = await passwordsNow()
    const redis = await startedAt('redis')
    const first = await traffic(300)
    const kept = await rotate('--redis-tls', '--keep-old', '--yes', '--json')
    expect(kept.code, kept.stderr).toBe(0)
    const document = JSON.parse(kept.stdout)
    expect(complaints('secrets-rotate@1', document)).toEqual([])
    expect(document.data).toMatchObject({
      users,
      restarted: ['celery-worker', 'recorder', 'flower', 'proxy'],
      finished: false,
      redisTls: true,
      finish: expect.stringContaining('--finish'),
    })
    expect([await letIn(before), await letIn(await passwordsNow())]).toEqual([[true], [true]])
    const warned = await secrets('check')
    expect(warned.code).toBe(1)
    expect(warned.stdout).toMatch(/an earlier password still lets in worker, flower,/)
    accountFor(await first.done(), 300)
    // All that while Redis ran on: it shows another certificate, and its health check has another password.
    expect(await startedAt('redis')).toBe(redis)
    expect(await shownByRedis()).toBe(new X509Certificate(await hub.secret('redis_tls')).fingerprint256)
    const health = ['exec', hub.container('redis'), '/bin/sh', '/etc/hub/redis-health.sh']
    expect(await docker(...health)).toBe('PONG\n')

    const second = await traffic(100)
    const finished = await rotate('--finish', '--yes')
    expect(finished.code, finished.stderr).toBe(0)
    expect(finished.stdout).toMatch(/^The rotation that was under way is finished\.$/m)
    expect([await letIn(before), await letIn(await passwordsNow())]).toEqual([[false], [true]])
    accountFor(await second.done(), 100)
    expect(await docker(...health)).toBe('PONG\n')
    const check = await secrets('check')
    expect(check.code, check.stdout).toBe(0)
    expect(check.stdout).toMatch(/redis_tls ends in 36(49|50) d/)
    // What was told to Redis and written in place starts nothing again.
    const up = await hub.mon('up')
    expect(up.stdout, up.stderr).toMatch(/^Nothing was to do/)
  }, 240_000)

  it('at once, with tasks that wait and run, none is lost, and Flower is behind a new password', async () => {
    const before = await passwordsNow()
    const flower = await hub.secret('flower_auth')
    const login = await hub.secret('login')
    const results = async () => {
      const password = await passwordIn('hub-mon_passive')
      const keys = await as(
        'hub-mon-passive',
        password,
        '-n',
        '1',
        '--scan',
        '--pattern',
        'celery-task-meta-*',
      )
      return new Set(keys.split('\n').filter(key => key !== ''))
    }
    const earlier = await results()
    // More than two processes do in the time that it takes: some run, some wait.
    const words = ['exec', hub.container('celery-worker'), 'hub-traffic', '--count', '60', '--rate', '100']
    await docker(...words, '--mix', 'slow=100', '--slow-seconds', '0.5')
    const {code, stdout, stderr} = await rotate('--yes')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^The earlier passwords let nobody in\.$/m)
    expect(stderr).toMatch(/✓ Prove that they let nobody in: 8 earlier ones were tried and refused/)
    expect([await letIn(before), await letIn(await passwordsNow())]).toEqual([[false], [true]])
    const fresh = async () => [...(await results())].filter(key => !earlier.has(key))
    await until('all 60 are done', 60, async () => {
      const password = await passwordIn('hub-mon_passive')
      const texts = await Promise.all(
        (await fresh()).map(key => as('hub-mon-passive', password, '-n', '1', 'GET', key)),
      )
      return texts.filter(text => text.includes('"SUCCESS"')).length === 60
    })
    expect(await hub.secret('flower_auth')).not.toBe(flower)
    expect(await hub.secret('login')).toBe(login)
    expect((await askAt(hub.lan.here, 'https://localhost/metrics', '--user', login)).status).toBe(200)
  })

  itThoroughly('broken off, both passwords work, and typed again it goes on', async () => {
    const before = await passwordsNow()
    await remember()
    const child = hub.start(['secrets', 'rotate', '--login', '--yes'])
    let said = ''
    child.child.stderr?.on('data', (text: Buffer) => {
      said += text.toString()
      // Once: a second one would not let it tidy up.
      if (said.includes('Write the files:') && !child.child.killed) child.child.kill('SIGINT')
    })
    const ended = await child.ended
    printed.push(ended.stdout, ended.stderr)
    expect(ended.code, ended.stderr).toBe(130)
    expect(ended.stderr).toMatch(
      /The earlier passwords work, and the new ones\. Typed again, it goes on from there/,
    )
    const during = await passwordsNow()
    expect([await letIn(before), await letIn(during)]).toEqual([[true], [true]])
    expect((await journal()).at(-1)).toMatchObject({command: 'secrets rotate', outcome: 'interrupted'})

    const again = await rotate('--yes')
    expect(again.code, again.stderr).toBe(0)
    expect(await passwordsNow()).toEqual(during)
    expect([await letIn(before), await letIn(during)]).toEqual([[false], [true]])
    expect((await secrets('check')).code).toBe(0)
    expect((await journal()).at(-1)).toMatchObject({command: 'secrets rotate', outcome: 'done'})
  })

  itThoroughly('with --login changes what the browser is asked for', async () => {
    const before = await hub.secret('login')
    const {code, stdout, stderr} = await rotate('--login', '--yes')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(path.join(hub.secretsFolder, 'login'))
    const status = async (login: string) =>
      (await askAt(hub.lan.here, 'https://localhost/metrics', '--user', login)).status
    expect([await status(before), await status(await hub.secret('login'))]).toEqual([401, 200])
  })

  it('begins nothing where a task has run for longer than it would get', async () => {
    await hub.send('slow', 20)
    await until('it runs', 20, async () => {
      const {stdout} = await hub.mon('tasks', '--json')
      return stdout.includes('app.tasks.slow')
    })
    await new Promise(resolve => setTimeout(resolve, 2500))
    const before = await passwordsNow()
    const {code, stderr} = await rotate('--grace', '2s', '--yes')
    expect(code, stderr).toBe(69)
    expect(stderr).toMatch(/a task has run for longer than the 2 s that it gets to finish, and would be lost/)
    expect(await passwordsNow()).toEqual(before)
  })

  it('has shown no password anywhere', async () => {
    await remember()
    const names = await hub.containers()
    const shown = [
      ...printed,
      await readFile(path.join(hub.home, 'hub-mon', 'actions.jsonl'), 'utf8'),
      await docker('inspect', ...names),
      ...(
        await Promise.all(names.map(async name => Object.values(await run('docker', ['logs', name]))))
      ).flat(),
      (await hub.mon('doctor', '--json', '--skip', 'tasks')).stdout,
    ].join('\n')
    expect(everSecret.size).toBeGreaterThan(25)
    for (const secret of everSecret) expect(shown.includes(secret)).toBe(false)
  })
})
