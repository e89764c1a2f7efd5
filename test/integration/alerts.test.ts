import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import type {Notification} from '../../src/alerts/notification.ts'
import {type AlertmanagerService, startAlertmanager} from '../services/alertmanager.ts'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {until} from '../services/hub.ts'
import {hubMon, quietEnvironment, startHubMon} from '../services/hub-mon.ts'
import {startReceiver} from '../services/receiver.ts'
import {freePort, type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

let redis: RedisService
let app: CeleryApp
let alertmanager: AlertmanagerService
let folder: string
let home: string

const forSeconds = 2
const key = 'queue_messages.warning{queue="slow"}'

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-alerts-'))
  ;[redis, alertmanager] = await Promise.all([startRedis(), startAlertmanager()])
  app = await createCeleryApp(redis.url)
  // It consumes another queue than the one that fills, and keeps that one known.
  await app.worker('-c', '1', '-Q', 'celery', '-n', 'one@here')
  await app.worker('-c', '1', '-Q', 'slow', '-n', 'two@here')
  await app.celery('control', 'cancel_consumer', 'slow')
}, 90_000)
afterAll(async () => {
  await app?.stop()
  await Promise.all([redis?.stop(), alertmanager?.stop()])
  await rm(folder, {recursive: true, force: true})
})
beforeEach(async () => {
  home = await mkdtemp(path.join(folder, 'state-'))
  await redis.cli('DEL', 'slow')
})

const configured = async (more = '') => {
  const file = path.join(home, 'hub-mon.config.yaml')
  await writeFile(
    file,
    `redisUrl: ${redis.url}
metrics:
  queue_messages: {for: ${forSeconds}s}
  celery_nodes_online: {for: 0s}
  redis_up: {for: 0s}
alerts:
  every: 1s
${more}`,
  )
  return file
}
const environment = () => quietEnvironment({XDG_STATE_HOME: home})
const run = async (words: string[], more = '') =>
  await hubMon([...words, '--config', await configured(more)], {env: environment(), cwd: home})
const fill = (messages: number) =>
  app.python(`from tasks import add\nfor n in range(${messages}): add.apply_async((n, n), queue='slow')`)

/** Follows with `--json`; what it has said so far, a document a line. */
async function follower(more = '', words: string[] = []) {
  const config = await configured(more)
  const {child, ended} = startHubMon(['alerts', '--follow', '--json', '--config', config, ...words], {
    env: environment(),
    cwd: home,
  })
  const output = {stdout: '', stderr: ''}
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.on('data', (text: string) => {
      output[stream] += text
    })
  const said = () =>
    output.stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Notification)
  return {
    said,
    told: () => output.stderr,
    changes: () => said().map(({event, alert}) => `${event} ${alert.key}`),
    says: (event: string, of = key) =>
      until(`${event} ${of}; said so far: ${output.stdout}${output.stderr}`, 20, () =>
        said().find(one => one.event === event && one.alert.key === of),
      ),
    tells: (words_: string) =>
      until(`${words_} in ${output.stderr}`, 20, () => output.stderr.includes(words_)),
    async stop() {
      child.kill('SIGTERM')
      return await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const stateOf = async () => {
  const files = await readdir(path.join(home, 'hub-mon'))
  const [name = ''] = files.filter(file => file.endsWith('.json'))
  return path.join(home, 'hub-mon', name)
}

describe('hub-mon alerts', () => {
  it('says what fires, with evidence and what to type, and its code is that of doctor', async () => {
    const well = await run(['alerts', '--json'])
    expect(well.code, well.stdout).toBe(0)
    expect(complaints('alerts@1', JSON.parse(well.stdout))).toEqual([])
    await fill(12)
    const {code, stdout} = await run(['alerts', '--json'])
    const document = JSON.parse(stdout)
    expect(complaints('alerts@1', document)).toEqual([])
    expect(document).toMatchObject({
      verdict: 'warning',
      data: {follower: null, alerts: [{key, value: 12, since: null}]},
    })
    expect(code).toBe(1)
    expect((await run(['alerts', '--fail-on', 'critical'])).code).toBe(0)
    const {stdout: text} = await run(['alerts'])
    expect(text).toContain('QueueMessages: Queue depth of slow: 12, above 10')
    expect(text).toMatch(/confirm\s+hub-mon queues/)
  })

  it('is critical when Redis does not answer, and could not tell when nothing is found', async () => {
    const nowhere = `redis://127.0.0.1:${await freePort()}/0`
    const down = await hubMon(['alerts', '--redis-url', nowhere], {env: environment(), cwd: home})
    expect(down.stdout).toContain('RedisUp: Redis does not answer')
    expect(down.code).toBe(2)
  })
})

describe('following', () => {
  it('fires after its time, says it once, and resolves after as long; Alertmanager has it meanwhile', async () => {
    await alertmanager.silence('queue', 'elsewhere')
    const hub = await follower(`  notify:\n    - alertmanager: ${alertmanager.url}\n`)
    await hub.tells('follows the alerts of')
    const filled = Date.now()
    await fill(12)
    const fired = await hub.says('fired')
    expect(complaints('alert@1', fired)).toEqual([])
    expect(fired).toMatchObject({
      attempt: 1,
      alert: {value: 12, severity: 'warning', labels: {queue: 'slow'}},
    })
    expect(Date.parse(fired.alert.since ?? '')).toBeGreaterThan(filled)
    expect(
      Date.parse(fired.alert.firedAt ?? '') - Date.parse(fired.alert.since ?? ''),
    ).toBeGreaterThanOrEqual(forSeconds * 1000)
    const posted = await until('the alert in Alertmanager', 20, async () =>
      (await alertmanager.alerts()).find(({labels}) => labels.queue === 'slow'),
    )
    expect(posted.labels).toEqual({
      ...{alertname: 'QueueMessages', severity: 'warning', metric: 'queue_messages', queue: 'slow'},
      hub: redis.url.replace('redis://', ''),
    })
    expect(posted.annotations).toMatchObject({
      summary: 'Queue depth of slow: 12, above 10',
      explain: 'hub-mon explain celery.queue-depth',
      runbook: expect.stringContaining('hub-mon '),
    })
    expect(posted.startsAt).toBe(fired.alert.firedAt)
    // Silences are Alertmanager's: it is told all the same.
    await alertmanager.silence('queue', 'slow')
    await until('the silence', 20, async () =>
      (await alertmanager.alerts()).some(({status}) => status.state === 'suppressed'),
    )
    const now = JSON.parse((await run(['alerts', '--json'])).stdout)
    expect(now.data).toMatchObject({
      follower: {everySeconds: 1},
      alerts: [{key, state: 'firing', since: fired.alert.since, firedAt: fired.alert.firedAt}],
    })
    await redis.cli('DEL', 'slow')
    const emptied = Date.now()
    const resolved = await hub.says('resolved')
    expect(resolved.alert).toMatchObject({reason: 'back-inside', firedAt: fired.alert.firedAt})
    expect(Date.parse(resolved.at) - emptied).toBeGreaterThanOrEqual(forSeconds * 1000)
    await until('its end in Alertmanager', 20, async () =>
      (await alertmanager.alerts()).every(({labels}) => labels.queue !== 'slow'),
    )
    const {code} = await hub.stop()
    expect(code).toBe(0)
    expect(hub.changes()).toEqual([`fired ${key}`, `resolved ${key}`])
  })

  it('goes on over kills, losing nothing and repeating nothing; a receiver that is down gets all of it later', async () => {
    const port = await freePort()
    const notify = `  notify:\n    - webhook: http://127.0.0.1:${port}/hooks/canary-in-the-path\n`
    const first = await follower(notify)
    await first.tells('follows the alerts of')
    await fill(12)
    await until('it to be pending', 20, async () => {
      const {alerts} = JSON.parse(await readFile(await stateOf(), 'utf8'))
      return alerts.length === 1
    })
    await first.kill()
    expect(first.changes()).toEqual([])
    const {alerts} = JSON.parse(await readFile(await stateOf(), 'utf8'))
    expect((await stat(await stateOf())).mode & 0o777).toBe(0o600)
    const second = await follower(notify)
    const fired = await second.says('fired')
    // Since is that of before: the time went on.
    expect(Date.parse(fired.alert.since ?? '')).toBe(alerts[0].since)
    await second.tells(`webhook http://127.0.0.1:${port}/… did not take an alert: nothing listens at`)
    await second.kill()
    const third = await follower(notify)
    await third.tells('1 alert of before goes on')
    await redis.cli('DEL', 'slow')
    await third.says('resolved')
    expect(third.changes()).toEqual([`resolved ${key}`])
    expect(second.changes()).toEqual([`fired ${key}`])
    const receiver = await startReceiver(port)
    try {
      await until('all that it missed', 20, () => receiver.taken().length >= 2)
      await third.tells('takes alerts again')
      const {stderr, code} = await third.stop()
      expect(code).toBe(0)
      expect(receiver.taken().map(({event, alert}) => `${event} ${alert.key}`)).toEqual([
        `fired ${key}`,
        `resolved ${key}`,
      ])
      expect(receiver.taken()[0]?.id).toBe(fired.id)
      expect(receiver.taken()[0]?.attempt).toBeGreaterThan(1)
      expect(`${second.told()}${stderr}`).not.toContain('canary-in-the-path')
    } finally {
      await receiver.stop()
    }
  })

  it('tells once where two follow, and the second takes over', async () => {
    const log = path.join(home, 'told.jsonl')
    const notify = `  notify:\n    - exec: 'cat >> ${log}; echo "$HUB_MON_ALERT_QUEUE $HUB_MON_ALERT_SEVERITY" >> ${log}.words'\n`
    const one = await follower(notify)
    await one.tells('follows the alerts of')
    const two = await follower(notify)
    await two.tells('another hub-mon follows this hub already')
    await fill(12)
    await one.says('fired')
    await until(
      'the command',
      20,
      async () => (await readFile(`${log}.words`, 'utf8').catch(() => '')) === 'slow warning\n',
    )
    // Killed before it has kept that, it would be told again: better twice than never.
    await until('it is kept', 20, async () => {
      const {outbox} = JSON.parse(await readFile(await stateOf(), 'utf8')) as {
        outbox: Record<string, unknown[]>
      }
      return Object.values(outbox).every(waiting => waiting.length === 0)
    })
    await one.kill()
    await two.tells('1 alert of before goes on')
    await redis.cli('DEL', 'slow')
    await two.says('resolved')
    await until('the command again', 20, async () => (await readFile(log, 'utf8')).split('\n').length > 2)
    expect((await two.stop()).code).toBe(0)
    const told = (await readFile(log, 'utf8')).trim().split('\n')
    expect(told.map(line => JSON.parse(line).event)).toEqual(['fired', 'resolved'])
    expect([...one.changes(), ...two.changes()]).toEqual([`fired ${key}`, `resolved ${key}`])
  })

  it('says that Redis is gone, and keeps what it cannot see', async () => {
    const hub = await follower()
    await fill(12)
    await hub.says('fired')
    redis.process.kill('SIGSTOP')
    try {
      await hub.says('fired', 'redis_up.critical')
      await hub.tells('cannot judge')
    } finally {
      redis.process.kill('SIGCONT')
    }
    await hub.says('resolved', 'redis_up.critical')
    const {code} = await hub.stop()
    expect(code).toBe(0)
    expect(hub.changes()).toEqual([`fired ${key}`, 'fired redis_up.critical', 'resolved redis_up.critical'])
  })

  it('says where its state cannot be kept', async () => {
    const config = await configured()
    const env = quietEnvironment({XDG_STATE_HOME: config})
    const {code, stderr} = await hubMon(['alerts', '--follow', '--config', config], {env, cwd: home})
    expect(code).toBe(69)
    expect(stderr).toContain(`the state of alerts cannot be kept in ${config}`)
  })
})

describe('hub-mon alerts test', () => {
  it('sends a sample to each, and says who has not taken it', async () => {
    const receiver = await startReceiver()
    try {
      const notify = `  notify:\n    - webhook: ${receiver.url}\n    - alertmanager: ${alertmanager.url}\n    - exec: 'echo no such pager >&2; exit 3'\n`
      const {code, stdout} = await run(['alerts', 'test', '--json'], notify)
      expect(code).toBe(69)
      const document = JSON.parse(stdout)
      expect(complaints('alerts-test@1', document)).toEqual([])
      expect(document.data.receivers).toEqual([
        {kind: 'webhook', name: `webhook http://127.0.0.1:${receiver.port}/…`, taken: true, error: null},
        {kind: 'alertmanager', name: `alertmanager ${alertmanager.url}`, taken: true, error: null},
        {kind: 'exec', name: 'exec echo …', taken: false, error: 'the command ended with 3: no such pager'},
      ])
      expect(receiver.taken()).toMatchObject([{event: 'test', alert: {name: 'HubMonTest'}}])
      expect((await alertmanager.alerts()).map(({labels}) => labels.alertname)).toContain('HubMonTest')
      receiver.answer(500)
      const refused = await run(['alerts', 'test', '--webhook', receiver.url])
      expect(refused.stdout).toBe(
        `not taken: webhook http://127.0.0.1:${receiver.port}/…: 127.0.0.1:${receiver.port} answered 500: not today\n`,
      )
      const shown = await run(['config', 'show'], notify)
      expect(shown.stdout + stdout).not.toContain('canary-in-the-path')
    } finally {
      await receiver.stop()
    }
  })

  it('wants somebody to tell, and an address that is one', async () => {
    const {code, stderr} = await run(['alerts', 'test'])
    expect(code).toBe(64)
    expect(stderr).toContain('nobody is to be told of alerts')
    expect((await run(['alerts', 'test', '--webhook', 'nonsense'])).code).toBe(64)
    const wrong = await run(['config', 'validate'], '  notify: [{pager: x}, {webhook: nonsense}]\n')
    expect(wrong.code).toBe(78)
    expect(wrong.stderr).toContain('alerts.notify')
  })
})
