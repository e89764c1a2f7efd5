import {setTimeout as pause} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {until} from '../services/hub.ts'
import {hubMon, startInBackground} from '../services/hub-mon.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

let redis: RedisService
let app: CeleryApp
const here = () => ['--redis-url', redis.url]

/** Records until it is told to end; both ends with the time at which they were sure to be reached. */
async function recorder() {
  await redis.cli('DEL', 'hub-mon:0:recorder')
  const {stop} = await startInBackground(['record', ...here()], / writing$/m)
  const told = async () => (await redis.cli('EXISTS', 'hub-mon:0:recorder')) === '1'
  await until('the recorder’s own word', 30, told)
  return {
    async stop() {
      expect((await stop()).code).toBe(0)
    },
  }
}

async function stats(...words: string[]) {
  const {stdout, stderr, code} = await hubMon(['stats', ...words, ...here(), '--json'])
  const document = JSON.parse(stdout)
  expect(complaints('stats@1', document), stderr).toEqual([])
  return {...document, code}
}

beforeAll(async () => {
  redis = await startRedis()
  app = await createCeleryApp(redis.url, undefined, 'json', {conf: {task_send_sent_event: true}})
}, 60_000)
afterAll(async () => {
  await app?.stop()
  await redis?.stop()
})

describe('stats of a window', () => {
  it('without a recorder falls back, and says so', async () => {
    const {code, data, warnings} = await stats('--since', '5m')
    expect(code).toBe(0)
    expect(warnings).toEqual([expect.stringContaining('no recorder has ever written here')])
    expect(data.history).toBeNull()
    expect(data.unread).toContainEqual(expect.objectContaining({source: 'history', code: 'no-history'}))
    expect(data.samples.map(({metric}: {metric: string}) => metric)).toContain('celery_nodes_online')
    const {stdout, stderr} = await hubMon(['stats', '--since', '5m', ...here()])
    expect(stdout).toContain(
      'not read: history: no recorder has ever written here: hub-mon record starts one',
    )
    expect(stderr).toContain('not of the window')
  })

  it('has the counts of what was run, and says what was not seen', {timeout: 120_000}, async () => {
    const begun = Date.now()
    const first = await recorder()
    const seen = new Date().toISOString()
    await app.worker('-E', '-c', '2')
    await app.python(`
from tasks import add, again, boom, sleepy
for n in range(120): add.delay(n, n)
for n in range(30): sleepy.delay(0.02)
for n in range(20): boom.delay('redis://:not-for-you@h/0')
for n in range(30): again.delay()
`)
    const {data, verdict} = await until('200 finished tasks', 30, async () => {
      const told = await stats('--since', '5m')
      return told.data.history.total.finished >= 200 && told
    })
    const {history, samples} = data
    const counts = Object.fromEntries(
      history.tasks.map((task: Record<string, unknown>) => [
        task.task,
        [task.sent, task.received, task.started, task.succeeded, task.failed, task.retried],
      ]),
    )
    expect(counts).toEqual({
      'tasks.add': [120, 120, 120, 120, 0, 0],
      'tasks.sleepy': [30, 30, 30, 30, 0, 0],
      'tasks.boom': [20, 20, 20, 0, 20, 0],
      // What is retried is sent again, and received again.
      'tasks.again': [60, 60, 60, 30, 0, 30],
    })
    expect(history.total).toMatchObject({succeeded: 180, failed: 20, retried: 30, vanished: 0})
    const sleepy = history.tasks.find(({task}: {task: string}) => task === 'tasks.sleepy')
    expect(sleepy.runtime.count).toBe(30)
    expect(sleepy.runtime.average).toBeGreaterThan(0.02)
    // Of those whose own word of being sent was quicker than their node's.
    expect(history.total.wait.count).toBeGreaterThan(0)
    expect(history.total.wait.count).toBeLessThanOrEqual(230)
    const sum = (curve: (number | null)[]) => curve.reduce((all: number, one) => all + (one ?? 0), 0)
    expect(sum(history.total.succeededCurve)).toBeCloseTo(180)
    expect(JSON.stringify(data)).not.toContain('not-for-you')
    expect(history.failures).toEqual([
      expect.objectContaining({task: 'tasks.boom', exception: expect.stringContaining('***')}),
    ])
    // A tenth of 200 failed: the bounds are those of every other stats.
    const total = (metric: string) =>
      samples.find(
        (one: {metric: string; labels: object}) => one.metric === metric && !('task' in one.labels),
      )
    expect(total('task_failure_ratio')).toMatchObject({
      value: 0.1,
      samples: 200,
      source: 'history',
      level: 'warning',
    })
    expect(total('task_retry_ratio').value).toBeCloseTo(30 / 230)
    expect(verdict).toBe('critical')
    // Nobody looked before the recorder was there.
    expect(history.coverage.complete).toBe(false)
    const age = (Date.parse(history.window.to) - begun) / 1000
    expect(history.coverage.missingSeconds).toBeGreaterThan(300 - age - 6)
    expect(history.coverage.missingSeconds).toBeLessThan(300 - age + 6)

    // A window that was seen whole, once what is not written yet is no more than a few seconds.
    await until('10 s of recording', 30, async () => Date.now() - Date.parse(seen) > 11_000)
    const whole = await stats('--from', seen)
    expect(whole.data.history.coverage).toMatchObject({missingSeconds: 0, missedEvents: 0, complete: true})

    const stopped = Date.now()
    await first.stop()
    await pause(7000)
    const second = await recorder()
    const back = Date.now()
    const gone = await until('the gap to be over', 30, async () => {
      const told = await stats('--from', seen)
      // Until five seconds after it, what is missing may only not be written yet.
      return Date.parse(told.data.history.window.to) > back + 6000 && told
    })
    const {coverage, total: after} = gone.data.history
    expect(coverage.complete).toBe(false)
    expect(coverage.missingSeconds).toBeGreaterThan(6)
    expect(coverage.missingSeconds).toBeLessThan((back - stopped) / 1000 + 1)
    expect(after).toMatchObject({succeeded: 180, failed: 20})
    expect(gone.data.samples[0].note).toContain('of an incomplete window')
    const {stdout} = await hubMon(['stats', '--from', seen, ...here()])
    expect(stdout).toMatch(/^! incomplete, \d+ s missing: counts are lower bounds/m)
    await second.stop()
  })
})
