import {describe, expect, it} from 'vitest'
import {report} from '../../../../src/cli/examine.ts'
import {addedUp, sparkline} from '../../../../src/render/history/sparkline.ts'
import {paceInWords, trendInWords} from '../../../../src/render/history/words.ts'
import {statsJson} from '../../../../src/render/json.ts'
import type {Grouping} from '../../../../src/render/stats/sections.ts'
import {renderStats} from '../../../../src/render/stats/tables.ts'
import {width} from '../../../../src/render/text/width.ts'
import type {View} from '../../../../src/render/view.ts'
import type {HistoryFacts} from '../../../../src/snapshot/history.ts'
import {durations, figures, flat, history, recorded, taskHistory} from '../../../fixtures/history.ts'

const piped: View = {columns: 100, color: false, unicode: true, fit: false, verbosity: 'normal'}
const terminal = (columns: number, more: Partial<View> = {}): View => ({
  ...piped,
  fit: true,
  columns,
  ...more,
})
const shown = (view: View, more: Partial<HistoryFacts> = {}, by?: Grouping) =>
  renderStats(report(recorded(more), []), view, by === undefined ? {} : {by})
const gap = {seconds: 900, missingSeconds: 40, missedEvents: 12, complete: false}
/** The row of a thing in the section whose head begins like that. */
const rowOf = (text: string, head: string, name: string) => {
  const lines = text.split('\n').map(line => line.split(/ {2,}/))
  const start = lines.findIndex(([first]) => first === head)
  const titles = lines[start] ?? []
  const row = lines.slice(start).find(([first]) => first === name) ?? []
  return Object.fromEntries(titles.map((title, place) => [title, row[place]]))
}

describe('a window', () => {
  it('piped, has every figure in a column and no drawing', async () => {
    const text = await shown(piped)
    expect(text).toContain('Window 2026-11-23 08:45:00 UTC to 2026-11-23 09:00:00 UTC (15 min)\n')
    expect(text).toContain('In total  history, 15 min\n')
    expect(rowOf(text, 'task', 'hub.quick')).toEqual({
      ...{
        task: 'hub.quick',
        received: '900',
        finished: '900',
        success: '99 %',
        failure: '1 %',
        failed: '! 9',
      },
      ...{retries: '0 %', retried: '0', revoked: '0', rejected: '0', vanished: '0'},
      ...{average: '50 ms', p50: '45 ms', p95: '100 ms', p99: '150 ms'},
      ...{'average wait': '10 ms', 'wait p50': '9 ms', 'wait p95': '20 ms', 'wait p99': '30 ms'},
      ...{pace: '1/s', trend: 'up 2x', verdict: '! off target', 'newest exception': "ValueError('boom')"},
    })
    expect(rowOf(text, 'task', '(all)')).toMatchObject({finished: '987', pace: '1.1/s'})
    expect(rowOf(text, 'queue', 'celery')).toMatchObject({'average depth': '1.5', most: '12'})
    expect(rowOf(text, 'node', 'celery@hub-worker')).toMatchObject({now: 'online', finished: '987'})
    expect(text).not.toMatch(/[▁-█↑↓×*]/)
    expect(text).not.toContain('incomplete')
  })

  it.each([40, 60, 80, 100, 120, 160, 240])('keeps to %d columns', async columns => {
    for (const unicode of [true, false]) {
      const text = await shown(terminal(columns, {unicode}), {coverage: gap})
      const lines = text.split('\n').filter(line => !line.includes('hub-mon'))
      expect(lines.filter(line => width(line) > columns)).toEqual([])
      for (const name of ['(all)', 'hub.quick', 'celery@hub-worker', 'reports']) expect(text).toContain(name)
      // Only what ASCII has, where the terminal speaks nothing else.
      if (!unicode) expect(text).toMatch(/^[\x20-\x7e\n]*$/)
    }
  })

  it('is drawn over time on a terminal', async () => {
    const curve = [...flat(0).slice(0, 22), ...flat(4).slice(22)]
    const tasks = [taskHistory('a', {...figures({succeeded: 92}), succeededCurve: curve})]
    const drawn = await shown(terminal(140), {tasks})
    expect(drawn).toContain('▁▁▁▁▁▁')
    expect(drawn).toContain('██████')
    expect(await shown(terminal(140, {unicode: false}), {tasks})).toMatch(/______?.?######/)
  })

  it('says first what was not seen of it, and marks its figures', async () => {
    const text = await shown(piped, {coverage: gap})
    const [, second] = text.split('\n\n')
    expect(second).toBe(
      '! incomplete, 40 s missing, at least 12 events lost: counts are lower bounds, figures are marked *',
    )
    expect(rowOf(text, 'task', 'hub.quick')).toMatchObject({success: '99 %*', p95: '100 ms*'})
    expect(await shown({...piped, verbosity: 'quiet'}, {coverage: gap})).toMatch(
      /^! incomplete, 40 s missing/,
    )
    const lost = await shown(piped, {coverage: {...gap, missingSeconds: 0, missedEvents: 1}})
    expect(lost).toContain('! incomplete, at least 1 event lost:')
  })

  it('says that the recorder is gone, or why it writes nothing', async () => {
    expect(await shown(piped, {recorder: null})).toContain('! no recorder has written for a minute')
    const recorder = history().recorder
    if (recorder === null) throw new Error('the fixture has a recorder')
    expect(await shown(piped, {recorder: {...recorder, pausedBecause: 'memory'}})).toContain(
      '! the recorder writes nothing: its Redis is short of memory',
    )
  })

  it('says in one line where nobody tells when tasks were sent', async () => {
    const none = {count: 0, average: null, p50: null, p95: null, p99: null}
    const total = taskHistory(null, {...figures({succeeded: 30}), runtime: durations(30, 1), wait: none})
    const tasks = [{...total, task: 'a'}]
    const text = await shown(piped, {total, tasks})
    expect(text.match(/waits are not measured: the application sends no task-sent/g)).toHaveLength(1)
    expect(rowOf(text, 'task', 'a')).toMatchObject({'average wait': '–', 'wait p95': '–'})
    expect(await shown(terminal(240), {total, tasks, queues: [], nodes: []})).not.toContain('wait p95  ')
  })

  it('has no trend without the window before', async () => {
    const text = await shown(piped, {before: null})
    expect(text).toContain('no trend: too little of the 15 min before was recorded')
    expect(rowOf(text, 'task', 'hub.quick').trend).toBe('–')
  })

  it('shows only what is grouped by', async () => {
    const titles = async (by: Grouping) => (await shown(piped, {}, by)).match(/^(In total|Per \w+)/gm)
    expect(await titles('task')).toEqual(['Per task'])
    expect(await titles('queue')).toEqual(['Per queue'])
    expect(await titles('worker')).toEqual(['Per node'])
    expect(await shown(piped, {}, 'queue')).not.toContain('nothing could be measured')
  })

  it('lets no name act on a terminal', async () => {
    const bad = '\u001b[31mred\n\u202eevil'
    const all = {
      tasks: [taskHistory(bad, figures({failed: 30})), taskHistory(null, figures({succeeded: 1}))],
      queues: [{queue: bad, averageDepth: 1, mostDepth: 1, depthCurve: flat(1), ...figures()}],
      nodes: [{node: bad, online: false, since: bad, ...figures()}],
      failures: [{task: bad, exception: bad, node: bad, id: bad, at: '2026-11-23T08:59:00.000Z'}],
    }
    for (const view of [piped, terminal(80), terminal(200)]) {
      const text = await shown(view, all)
      expect(text).not.toMatch(/[\u001b\u202e]/)
      expect(text).toContain('(no name)')
      expect(text.split('\n').filter(line => line.startsWith('evil'))).toEqual([])
    }
  })

  it('of very many task types fits a screen, and is whole when piped', async () => {
    const tasks = Array.from({length: 500}, (_, nth) => taskHistory(`t.${nth}`, figures({succeeded: nth})))
    const text = await shown(terminal(120), {tasks})
    expect(text.split('\n').length).toBeLessThan(60)
    expect(text).toContain('… and 481 more')
    expect((await shown(piped, {tasks})).match(/^t\.\d+ /gm)).toHaveLength(500)
  })

  it('in JSON, has the figures, the curves and what follows from them', () => {
    const {history: told} = statsJson(report(recorded({coverage: gap}), []))
    expect(told).toMatchObject({
      window: {from: '2026-11-23T08:45:00.000Z', stepSeconds: 20},
      coverage: gap,
      total: {succeeded: 978, finished: 987, finishedPerSecond: 987 / 860, trend: 987 / 860 / (500 / 900)},
      tasks: [
        {task: 'hub.quick', succeededCurve: flat(20)},
        {task: 'hub.slow', trend: null},
      ],
    })
    const noted = statsJson(report(recorded({coverage: gap}), [])).samples.map(({note}) => note)
    expect(noted).toContain("ValueError('boom'); of an incomplete window")
  })
})

describe('a curve', () => {
  it('is a blank where nobody looked, and never nothing where there was something', () => {
    expect(sparkline([null, 0, 1, 1000, 500], {unicode: true})).toBe(' ▁▂█▅')
    expect(sparkline([null, 0, 1, 1000, 500], {unicode: false})).toBe(' _.#+')
    expect(sparkline([0, 0], {unicode: true})).toBe('▁▁')
    expect(sparkline([], {unicode: true})).toBe('')
  })

  it('has neighbours made one where there are too many', () => {
    const long = Array.from({length: 60}, (_, nth) => (nth < 30 ? 1 : 8))
    expect(sparkline(long, {unicode: true})).toBe('▂▂▂▂▂▂██████')
  })

  it('adds up', () => {
    expect(addedUp([1, null, null, 2], [2, 3, null, null])).toEqual([3, 3, null, 2])
  })
})

describe('in words', () => {
  it.each([
    [null, ''],
    [0, '0/min'],
    [1200, '1,200/s'],
    [2.55, '2.5/s'],
    [0.5, '30/min'],
    [0.001, '3.6/h'],
  ])('a pace of %s is %s', (pace, words) => {
    expect(paceInWords(pace)).toBe(words)
  })

  it.each([
    [null, '', ''],
    [1.02, '→', 'same'],
    [1.8, '↑ 1.8×', 'up 1.8x'],
    [25.3, '↑ 25×', 'up 25x'],
    [0.5, '↓ 0.5×', 'down 0.5x'],
    [0, '↓ 0×', 'down 0x'],
  ])('a trend of %s is %s, or %s', (trend, drawn, words) => {
    expect(trendInWords(trend, {fit: true, unicode: true})).toBe(drawn)
    expect(trendInWords(trend, {fit: false, unicode: true})).toBe(words)
    expect(trendInWords(trend, {fit: true, unicode: false})).toBe(words)
  })
})
