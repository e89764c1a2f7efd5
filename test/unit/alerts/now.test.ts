import {describe, expect, it, test} from 'vitest'
import {advance} from '../../../src/alerts/advance.ts'
import {describer} from '../../../src/alerts/describe.ts'
import {judgeRows, type Look} from '../../../src/alerts/judge.ts'
import {alertsNow} from '../../../src/alerts/now.ts'
import {type AlertState, emptyState, isFresh, parseState} from '../../../src/alerts/state.ts'
import {renderAlerts} from '../../../src/render/alerts/table.ts'
import {width} from '../../../src/render/text/width.ts'
import type {View} from '../../../src/render/view.ts'
import {factsIn, hub, unreadable} from '../../fixtures/broken.ts'
import {healthy, queue} from '../../fixtures/healthy.ts'
import {history} from '../../fixtures/history.ts'

const look = (now = healthy(), windows: Look['windows'] = null): Look => ({now, windows})
const deep = (ready: number, name = 'emails') =>
  look(
    hub(snapshot => {
      factsIn(snapshot, 'celery').queues = [queue(name, ready)]
    }),
  )
const redisDown = () =>
  look(
    hub(snapshot => {
      unreadable(snapshot, 'redis', {code: 'refused', message: 'nothing listens at 127.0.0.1:6379'})
      for (const source of ['celery', 'results'] as const)
        unreadable(snapshot, source, {
          code: 'refused',
          message: 'nothing listens at 127.0.0.1:6379',
          because: 'redis',
        })
    }),
  )
const at = Date.parse(healthy().takenAt)

/** What a follower remembers that looked so many seconds ago, one after the other. */
function followed(...looks: [secondsAgo: number, look: Look][]): AlertState {
  let alerts = new Map()
  for (const [seconds, seen] of looks)
    alerts = advance(alerts, {
      ...{look: seen, judged: judgeRows(seen), describe: describer(seen), now: at - seconds * 1000},
    }).alerts
  const [last = 0] = looks.at(-1) ?? []
  return {...emptyState('hub', 15), lookedAt: at - last * 1000, alerts: [...alerts.values()]}
}
const states = (found: ReturnType<typeof alertsNow>) =>
  found.alerts.map(({key, state, since}) => `${state} ${key} ${since ?? 'not known'}`)

describe('without a follower', () => {
  it('all that is beyond its bound fires', () => {
    const found = alertsNow(deep(42), null, at)
    expect(states(found)).toEqual(['firing queue_messages.warning{queue="emails"} not known'])
    expect(found).toMatchObject({verdict: 'warning', follower: null, windows: false})
  })

  it('a healthy hub is ok, one that cannot be read is not', () => {
    expect(alertsNow(look(), null, at).verdict).toBe('ok')
    expect(alertsNow(redisDown(), null, at).verdict).toBe('critical')
    const blind = hub(snapshot => {
      unreadable(snapshot, 'docker', {code: 'x', message: 'x'})
      for (const source of ['redis', 'celery', 'results', 'stats'] as const)
        unreadable(snapshot, source, {code: 'x', message: 'x', because: 'docker'})
    })
    expect(alertsNow(look(blind), null, at).verdict).toBe('unknown')
  })

  it('history tells since when a queue is too long', () => {
    const {now} = deep(42)
    const {queues, stepSeconds, from, ...rest} = history()
    const [first] = queues
    if (first === undefined) throw new Error('the fixture has no queue')
    const depthCurve = first.depthCurve.map((_depth, step) => (step === 40 ? null : step < 38 ? 3 : 20))
    const facts = {...rest, stepSeconds, from, queues: [{...first, queue: 'emails', depthCurve}]}
    const seen = {status: 'fresh', value: facts, startedAt: now.takenAt, durationSeconds: 0} as const
    const windows = new Map(
      [900, 3600].map(length => [length, {...now, sources: {...now.sources, history: seen}}]),
    )
    const [alert] = alertsNow({now, windows}, null, at).alerts
    expect(alert?.since).toBe(new Date(Date.parse(from) + 38 * stepSeconds * 1000).toISOString())
  })
})

describe('with a follower', () => {
  it('what is not so for long enough is pending, and no failure', () => {
    const found = alertsNow(deep(42), followed([30, deep(42)]), at)
    expect(states(found)).toEqual([
      `pending queue_messages.warning{queue="emails"} ${new Date(at - 30_000).toISOString()}`,
    ])
    expect(found.verdict).toBe('ok')
  })

  it('what it has not seen yet is pending, too', () => {
    expect(states(alertsNow(deep(42), followed([3, look()]), at))).toEqual([
      'pending queue_messages.warning{queue="emails"} not known',
    ])
  })

  it('what fires stays until it is back inside for long enough, with the figures of now', () => {
    const kept = followed([600, deep(99)], [10, deep(99)])
    expect(alertsNow(deep(42), kept, at)).toMatchObject({
      verdict: 'warning',
      follower: {everySeconds: 15},
      alerts: [{state: 'firing', value: 42, since: new Date(at - 600_000).toISOString()}],
    })
    expect(alertsNow(deep(1), followed([600, deep(99)], [200, deep(99)], [20, deep(1)]), at)).toMatchObject({
      verdict: 'warning',
      alerts: [{state: 'firing', value: 99, backSince: new Date(at - 20_000).toISOString()}],
    })
  })

  it('what was pending and is back inside is gone', () => {
    expect(alertsNow(deep(1), followed([30, deep(42)]), at).alerts).toEqual([])
  })

  it('whose last look is long ago is none', () => {
    const kept = followed([600, deep(99)], [61, deep(99)])
    expect(isFresh(kept, at)).toBe(false)
    expect(alertsNow(deep(42), kept, at)).toMatchObject({follower: null, alerts: [{since: null}]})
    expect(isFresh({...kept, everySeconds: 600}, at)).toBe(true)
    expect(isFresh(emptyState('hub', 15), at)).toBe(false)
  })
})

describe('a state file', () => {
  it('is read as it was written', () => {
    const kept = followed([600, deep(99)], [10, deep(99)])
    expect(parseState(JSON.stringify(kept))).toEqual(kept)
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"schema":"hub-mon/alert-state@2"}',
    '{"schema":"hub-mon/alert-state@1"}',
    '{"schema":"hub-mon/alert-state@1","alerts":[null],"outbox":{}}',
  ])('that is none of ours is none: %s', text => {
    expect(parseState(text)).toBeNull()
  })
})

const terminal: View = {columns: 80, color: false, unicode: true, fit: true, verbosity: 'normal'}
const views: Record<string, View> = {
  '80': terminal,
  '120': {...terminal, columns: 120},
  piped: {...terminal, columns: 100, fit: false},
  ascii: {...terminal, unicode: false, verbosity: 'verbose'},
  quiet: {...terminal, verbosity: 'quiet'},
}
const hostile = 'x\u001b[31m\u202e; rm -rf ~'
const scenes: Record<string, () => ReturnType<typeof alertsNow>> = {
  ok: () => alertsNow(look(), null, at),
  'redis-down': () => alertsNow(redisDown(), null, at),
  followed: () => {
    const both = (emails: number, slow: number) =>
      look(
        hub(snapshot => {
          factsIn(snapshot, 'celery').queues = [
            queue('emails', emails),
            queue('slow', slow),
            queue('late', 11),
          ]
          snapshot.expected.bounds = [
            {metric: 'queue_messages', forSeconds: 300},
            {metric: 'queue_messages', labels: {queue: 'late'}, forSeconds: 3600},
          ]
        }),
      )
    return alertsNow(
      both(153, 2),
      followed([900, both(20, 40)], [120, both(120, 40)], [30, both(151, 2)]),
      at,
    )
  },
  hostile: () => alertsNow(deep(42, hostile), null, at),
}

describe.each(Object.entries(scenes))('%s', (scene, found) => {
  test.each(Object.entries(views))('%s', async (how, view) => {
    const text = renderAlerts(found(), view)
    await expect(text).toMatchFileSnapshot(`../../golden/alerts/${scene}-${how}.txt`)
    expect(text).not.toContain('\u001b')
    const lines = text.split('\n').filter(line => !line.includes('hub-mon ') && !line.includes('docker '))
    if (view.fit) expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(view.columns)
  })
})
