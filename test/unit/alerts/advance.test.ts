import {describe, expect, it} from 'vitest'
import {advance, mostAlerts} from '../../../src/alerts/advance.ts'
import {describer} from '../../../src/alerts/describe.ts'
import {judgeRows, type Look, unjudgedRows} from '../../../src/alerts/judge.ts'
import type {Tracked} from '../../../src/alerts/machine.ts'
import type {Snapshot} from '../../../src/snapshot/snapshot.ts'
import {factsIn, hub, unreadable} from '../../fixtures/broken.ts'
import {healthy, outcome, queue} from '../../fixtures/healthy.ts'
import {history} from '../../fixtures/history.ts'

const away = {code: 'timeout', message: 'did not answer'}
const lookAt = (now: Snapshot, windows: Look['windows'] = null): Look => ({now, windows})
const withQueues = (...depths: [name: string, ready: number][]) =>
  hub(snapshot => {
    factsIn(snapshot, 'celery').queues = depths.map(([name, ready]) => queue(name, ready))
  })

/** Looks, one a second; the configuration is that of each snapshot. */
function follow(...looks: Look[]) {
  const told: string[] = []
  let alerts = new Map<string, Tracked>()
  let untracked = 0
  looks.forEach((look, second) => {
    const judged = judgeRows(look)
    const next = advance(alerts, {look, judged, describe: describer(look), now: second * 1000})
    alerts = next.alerts
    untracked = next.untracked
    told.push(
      ...next.changes.map(({event, alert}) => `${second} ${event} ${alert.row.id}: ${alert.seen.summary}`),
    )
  })
  return {told, alerts, untracked}
}

/** Fires at once. */
const atOnce = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  expected: {
    ...snapshot.expected,
    bounds: [
      ...snapshot.expected.bounds,
      ...['queue_messages', 'redis_up', 'task_failure_ratio', 'celery_nodes_online'].map(metric => ({
        metric,
        forSeconds: 0,
      })),
    ],
  },
})
const beyondIn = (look: Look) =>
  judgeRows(look).flatMap(({row, standing}) => (standing === 'beyond' ? [row.id] : []))

describe('a hub', () => {
  it('that is healthy raises nothing', () => {
    expect(beyondIn(lookAt(healthy()))).toEqual([])
    expect(unjudgedRows(lookAt(healthy()), judgeRows(lookAt(healthy())))).toEqual([])
  })

  it('raises an alert for each queue that is too long, in words with what to type', () => {
    const look = lookAt(atOnce(withQueues(['emails', 153], ['reports', 11], ['short', 10])))
    const {told, alerts} = follow(look)
    expect(told).toEqual([
      '0 fired queue_messages.warning{queue="emails"}: Queue depth of emails: 153, above 10',
      '0 fired queue_messages.warning{queue="reports"}: Queue depth of reports: 11, above 10',
    ])
    const [first] = [...alerts.values()]
    expect(first?.seen).toMatchObject({check: 'celery.queue-depth', value: 153})
    expect(first?.seen.evidence[0]).toEqual({label: 'emails', value: 153, unit: 'count', bound: 'above 10'})
    expect(first?.seen.remedies.flatMap(({command}) => command ?? [])).toContain('hub-mon')
  })

  it('has one alert for failures that are critical, and not a warning beside it', () => {
    const failing = (failed: number) =>
      atOnce(
        hub(snapshot => {
          const tasks = factsIn(snapshot, 'flower').tasks
          if (tasks !== null) tasks.byTask = [outcome('shop.pay', {succeeded: 100 - failed, failed})]
        }),
      )
    expect(beyondIn(lookAt(failing(20)))).toEqual([
      'task_failure_ratio.critical',
      'task_failure_ratio.critical{task="shop.pay"}',
    ])
    expect(beyondIn(lookAt(failing(7)))).toEqual([
      'task_failure_ratio.warning',
      'task_failure_ratio.warning{task="shop.pay"}',
    ])
  })

  it('whose Redis is gone says that, and keeps what it cannot see', () => {
    const gone = atOnce(
      hub(snapshot => {
        unreadable(snapshot, 'redis', away)
        for (const source of ['celery', 'results'] as const)
          unreadable(snapshot, source, {...away, because: 'redis'})
      }),
    )
    const {told, alerts} = follow(lookAt(atOnce(withQueues(['emails', 153]))), lookAt(gone), lookAt(gone))
    expect(told.slice(1)).toEqual(['1 fired redis_up.critical: Redis does not answer'])
    expect([...alerts.keys()]).toEqual(['queue_messages.warning{queue="emails"}', 'redis_up.critical'])
    const unjudged = unjudgedRows(lookAt(gone), judgeRows(lookAt(gone)))
    expect(unjudged.map(({row, why}) => `${row.id}: ${why}`)).toContain(
      'queue_messages.warning: did not answer',
    )
  })

  it('whose queue is gone from what Celery tells is over with it in the end', () => {
    const without = lookAt(atOnce(withQueues(['other', 0])))
    const {alerts} = follow(lookAt(atOnce(withQueues(['emails', 153]))), without)
    const tracked = alerts.get('queue_messages.warning{queue="emails"}')
    expect(tracked).toMatchObject({phase: 'firing', nothingSince: 1000})
  })

  it('is no longer watched for what the configuration takes away', () => {
    const quiet = hub(snapshot => {
      factsIn(snapshot, 'celery').queues = [queue('emails', 153)]
      snapshot.expected.bounds = [{metric: 'queue_messages', warning: null}]
    })
    const {told, alerts} = follow(lookAt(atOnce(withQueues(['emails', 153]))), lookAt(quiet))
    expect(told[1]).toMatch(/^1 resolved queue_messages/)
    expect(alerts.size).toBe(0)
  })

  it('with more queues than anybody wants to hear of is followed up to a bound', () => {
    const many = Array.from({length: mostAlerts + 5}, (_one, place): [string, number] => [`q${place}`, 99])
    const {alerts, untracked} = follow(lookAt(atOnce(withQueues(...many))))
    expect(alerts.size).toBe(mostAlerts)
    expect(untracked).toBe(5)
  })
})

describe('windows', () => {
  const inWindow = (snapshot: Snapshot, facts = history()) =>
    ({
      ...snapshot,
      sources: {
        ...snapshot.sources,
        history: {status: 'fresh', value: facts, startedAt: snapshot.takenAt, durationSeconds: 0},
      },
    }) satisfies Snapshot

  it('are each the one of their row', () => {
    const now = healthy()
    const look = lookAt(
      now,
      new Map([
        [900, inWindow(now)],
        [3600, inWindow(now)],
      ]),
    )
    const bySource = new Map(judgeRows(look).map(({row, source}) => [row.metric, source]))
    expect(bySource.get('task_failure_ratio')).toBe('history')
    expect(bySource.get('task_runtime_seconds')).toBe('history')
    expect(bySource.get('queue_messages')).toBe('celery')
  })

  it('that could not be read are not made up for by the counters of Flower', () => {
    const now = healthy()
    const unread = hub(snapshot => unreadable(snapshot, 'history', away))
    const look = lookAt(
      now,
      new Map([
        [900, unread],
        [3600, unread],
      ]),
    )
    expect(judgeRows(look).filter(({row}) => row.metric.startsWith('task_'))).toEqual([])
    expect(unjudgedRows(look, judgeRows(look)).map(({row}) => row.metric)).toContain('task_failure_ratio')
  })

  it('that nobody records are: then the counters stand in', () => {
    const sources = judgeRows(lookAt(healthy())).flatMap(({row, source}) =>
      row.metric === 'task_failure_ratio' ? [source] : [],
    )
    expect(new Set(sources)).toEqual(new Set(['flower']))
  })
})
