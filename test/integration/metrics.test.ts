import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {parseExposition} from '../services/exposition.ts'
import {until} from '../services/hub.ts'
import {type Ended, hubMon, quietEnvironment, startInBackground} from '../services/hub-mon.ts'
import {type Prometheus, startPrometheus} from '../services/prometheus.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

let redis: RedisService
let app: CeleryApp
let prometheus: Prometheus
const ends: (() => Promise<Ended>)[] = []
const here = () => ['--redis-url', redis.url]

/** Runs until the end of the tests, at the latest. */
async function background(words: readonly string[], ready: RegExp, env: Record<string, string> = {}) {
  const started = await startInBackground([...words, ...here()], ready, {env: quietEnvironment(env)})
  ends.push(started.stop)
  return started
}

const serves = /serving (http:\/\/(\S+)\/metrics)/
const serve = async (...words: string[]) => {
  const {match, ...rest} = await background(['metrics', '--listen', '127.0.0.1:0', ...words], serves)
  return {...rest, url: match[1] ?? '', address: match[2] ?? ''}
}

beforeAll(async () => {
  redis = await startRedis()
  app = await createCeleryApp(redis.url, undefined, 'json', {conf: {task_send_sent_event: true}})
  await app.worker('-E', '-c', '2')
}, 60_000)
afterAll(async () => {
  await prometheus?.stop()
  await Promise.all(ends.map(stop => stop()))
  await app?.stop()
  await redis?.stop()
})

describe('metrics', () => {
  it('once: what is seen now, and no counters that would count since nothing', async () => {
    const {code, stdout, stderr} = await hubMon(['metrics', ...here()])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const {samples, types} = parseExposition(stdout)
    expect([...types].filter(([, type]) => type === 'counter' || type === 'histogram')).toEqual([])
    expect(samples).toContainEqual(
      expect.objectContaining({name: 'hub_mon_celery_nodes_online', labels: {}, value: 1}),
    )
    const {stdout: json} = await hubMon(['metrics', ...here(), '--json'])
    expect(complaints('metrics@1', JSON.parse(json))).toEqual([])
  })

  it('are what a real Prometheus scrapes and counts of a real run, and rules fire by them', {
    timeout: 120_000,
  }, async () => {
    const recorder = await background(['record'], / writing$/m)
    const {url, address, stop} = await serve()
    const {stdout: rules} = await hubMon(['alerts', 'rules', '--config', '/dev/null'])
    prometheus = await startPrometheus({scrapes: address, rules: rules.replaceAll(/for: \d+m$/gm, 'for: 1s')})
    const one = async (query: string) => (await prometheus.query(query))[0]?.value ?? null
    await until('a scrape', 30, async () => (await one('up')) === 1)
    // Two looks before anything runs: a counter that was told as nought.
    await until('covered time', 30, async () => (await one('hub_mon_history_covered_seconds_total')) !== null)
    await app.python(`
from tasks import add, boom, sleepy
for n in range(60): add.delay(n, n)
for n in range(10): sleepy.delay(0.02)
for n in range(20): boom.delay('x')
for n in range(12): add.apply_async((1, 1), queue='nobody')
`)
    await until(
      '90 ends',
      30,
      async () => (await one('sum(hub_mon_task_succeeded_total + hub_mon_task_failed_total)')) === 90,
    )
    const totals = await prometheus.query('sum by (task) (hub_mon_task_received_total)')
    expect(Object.fromEntries(totals.map(({labels, value}) => [labels.task, value]))).toMatchObject({
      'tasks.add': 60,
      'tasks.sleepy': 10,
      'tasks.boom': 20,
    })
    expect(await one('sum(hub_mon_task_failed_total{task="tasks.boom",queue="celery"})')).toBe(20)
    expect(await one('sum(hub_mon_task_runtime_seconds_count)')).toBe(70)
    expect(await one('sum(hub_mon_task_runtime_seconds_sum{task="tasks.sleepy"})')).toBeGreaterThan(0.2)
    expect(
      await one(
        'histogram_quantile(0.5, sum by (le) (hub_mon_task_runtime_seconds_bucket{task="tasks.sleepy"}))',
      ),
    ).toBeGreaterThan(0.016)
    // What began with more than nothing was told as nothing first.
    expect(await one('sum(increase(hub_mon_task_failed_total[5m]))')).toBeGreaterThan(15)
    expect(await one('hub_mon_up{source="history"}')).toBe(1)
    expect(await one('hub_mon_queue_messages{queue="nobody"}')).toBe(12)
    await until('alerts', 30, async () => {
      const firing = await prometheus.firing()
      return firing.includes('TaskFailureRatio') && firing.includes('QueueMessages')
    })
    expect(await prometheus.firing()).not.toContain('HubUnseen')
    expect((await prometheus.target()).lastError).toBe('')

    // A history that cannot be read is absent, and the rest stays.
    const response = await fetch(url, {headers: {accept: 'application/openmetrics-text; version=1.0.0'}})
    expect(response.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    )
    parseExposition(await response.text())
    expect((await fetch(url)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect((await recorder.stop()).code).toBe(0)
    const {code, stdout} = await stop()
    expect(code).toBe(0)
    expect(stdout).toBe('')
    await until('a target that is down', 30, async () => (await prometheus.target()).health === 'down')
  })

  it('tell of a Redis that is gone, in time, and of one that is back', async () => {
    const {url} = await serve('--timeout', '2s')
    const read = async () => {
      const text = await (await fetch(url)).text()
      return (name: string) => new RegExp(`^hub_mon_${name} (\\S+)$`, 'm').exec(text)?.[1]
    }
    redis.process.kill('SIGSTOP')
    try {
      const of = await read()
      expect([of('redis_up'), of('up{source="redis"}'), of('up{source="celery"}')]).toEqual(['0', '0', '0'])
      expect(of('celery_nodes_online')).toBeUndefined()
      // Less than a look takes now: who cannot wait for it is told so, and does not hang.
      await until('the next look', 30, async () => {
        const short = await fetch(url, {headers: {'x-prometheus-scrape-timeout-seconds': '1'}})
        return short.status === 503 && (await short.text()).includes('raise scrape_timeout')
      })
    } finally {
      redis.process.kill('SIGCONT')
    }
    await until('Redis', 30, async () => (await read())('redis_up') === '1')
  })

  it('are shared by all who ask at once', async () => {
    const {url} = await serve()
    const pages = await Promise.all(Array.from({length: 20}, async () => await (await fetch(url)).text()))
    const looks = new Set(pages.map(text => /^hub_mon_look_duration_seconds (\S+)$/m.exec(text)?.[1]))
    expect(looks.size).toBe(1)
  })

  it('want a sign-in where one is set, and are warned of where none is', async () => {
    const {match, said} = await background(['metrics', '--listen', '0.0.0.0:0'], serves, {
      HUB_MON_METRICS_AUTH: 'prometheus:not-for-you',
    })
    const url = (match[1] ?? '').replace('0.0.0.0', '127.0.0.1')
    expect((await fetch(url)).status).toBe(401)
    const headers = {authorization: `Basic ${Buffer.from('prometheus:not-for-you').toString('base64')}`}
    expect((await fetch(url, {headers})).status).toBe(200)
    expect(said()).not.toContain('sign in')
    const open = await background(['metrics', '--listen', '0.0.0.0:0'], serves)
    expect(open.said()).toContain('nobody has to sign in: set HUB_MON_METRICS_AUTH')
  })

  it.each([
    ['no address', ['--listen', '9541'], {}, 64, '--listen 127.0.0.1:9541'],
    ['a port that is taken', ['--listen', 'TAKEN'], {}, 69, 'something listens there already'],
    [
      'half a sign-in',
      ['--listen', '127.0.0.1:0'],
      {HUB_MON_METRICS_AUTH: 'secret'},
      64,
      'wants user:password',
    ],
  ])('refuse %s', async (_what, words, env, exit, said) => {
    const taken = `127.0.0.1:${redis.port}`
    const {code, stderr} = await hubMon(
      ['metrics', ...words.map(word => word.replace('TAKEN', taken)), ...here()],
      {env: quietEnvironment(env as unknown as Record<string, string>)},
    )
    expect(stderr).toContain(said)
    expect(code).toBe(exit)
  })
})
