import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {columns} from '../../../../src/render/export/columns.ts'
import {csv} from '../../../../src/render/export/csv.ts'
import {jsonl} from '../../../../src/render/export/jsonl.ts'
import {openmetrics, TooManyValues} from '../../../../src/render/export/openmetrics.ts'
import type {RecordedBucket} from '../../../../src/snapshot/recorded-bucket.ts'
import {asRead, fourMinutes, recordedBucket, recordedTasks, textOf} from '../../../fixtures/recorded.ts'
import {parseExposition} from '../../../services/exposition.ts'

const from = '2026-11-23T08:56:00.000Z'
const name = fc.string({unit: 'binary', maxLength: 12})

/** RFC 4180, character by character. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  let at = 0
  while (at < text.length) {
    let field = ''
    if (text[at] === '"') {
      for (at += 1; !(text[at] === '"' && text[at + 1] !== '"'); at += 1) {
        if (at >= text.length) throw new Error('no end of a quoted field')
        field += text[at]
        if (text[at] === '"') at += 1
      }
      at += 1
    } else while (at < text.length && text[at] !== ',' && !text.startsWith('\r\n', at)) field += text[at++]
    rows.at(-1)?.push(field)
    if (text[at] === ',') at += 1
    else if (text.startsWith('\r\n', at)) {
      at += 2
      if (at < text.length) rows.push([])
    } else if (at < text.length) throw new Error(`a stray ${JSON.stringify(text[at])}`)
  }
  return rows
}

const place = (column: string) => columns.findIndex(({name}) => name === column)
const oneTask = (task: string) => [recordedBucket(from, {tasks: [recordedTasks({task, queue: 'q'})]})]

describe('csv', () => {
  it('gives every name back, but for what a spreadsheet would run', async () => {
    await fc.assert(
      fc.asyncProperty(name, async task => {
        const rows = parseCsv(await textOf(csv(asRead(oneTask(task)))))
        expect(rows.map(row => row.length)).toEqual(rows.map(() => columns.length))
        const told = rows.at(-1)?.[place('task')]
        expect(told).toBe(/^[=+\-@\t\r]/.test(task) ? `'${task}` : task)
      }),
    )
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('keeps %j from being run', async task => {
    const rows = parseCsv(await textOf(csv(asRead(oneTask(task)))))
    expect(rows.at(-1)?.[place('task')]?.startsWith("'")).toBe(true)
  })
})

describe('jsonl', () => {
  it('has every column in every line, and the same rows as csv', async () => {
    const lines = (await textOf(jsonl(asRead(fourMinutes)))).trimEnd().split('\n')
    const rows = lines.map(line => JSON.parse(line))
    for (const row of rows) expect(Object.keys(row)).toEqual(columns.map(({name}) => name))
    expect(rows).toHaveLength(parseCsv(await textOf(csv(asRead(fourMinutes)))).length - 1)
    // A gap is a row that says so.
    expect(rows.find(row => row.from.includes('08:58'))).toMatchObject({
      kind: 'bucket',
      seconds: 60,
      covered_seconds: 0,
    })
    expect(rows.find(row => row.task?.startsWith('=')).task).toBe('=HYPERLINK("http://evil","x")')
  })

  it('takes a bucket only when the one before is taken', async () => {
    let read = 0
    async function* endless(): AsyncGenerator<RecordedBucket> {
      for (;;) {
        read += 1
        yield recordedBucket(from)
      }
    }
    const pieces = jsonl(endless())[Symbol.asyncIterator]()
    await pieces.next()
    await pieces.next()
    expect(read).toBe(2)
    await pieces.return?.()
  })
})

describe('openmetrics', () => {
  it('counts up from nought, and says nothing of tasks where nobody looked', async () => {
    const {types, samples} = parseExposition(await textOf(openmetrics(asRead(fourMinutes))))
    const start = Date.parse(from) / 1000
    const of = (name: string, labels: Record<string, string>) =>
      samples
        .filter(sample => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels))
        .map(({at, value}) => [(at ?? 0) - start, value])
    const quick = {task: 'hub.quick', queue: 'celery'}
    expect(of('hub_mon_task_succeeded_total', quick)).toEqual([
      [0, 0],
      [60, 2],
      [120, 3],
      [240, 3],
    ])
    expect(of('hub_mon_task_runtime_seconds_bucket', {...quick, le: '0.032'}).at(-1)).toEqual([240, 2])
    expect(of('hub_mon_task_runtime_seconds_count', quick).at(-1)).toEqual([240, 3])
    // Longer than the longest bound that is told.
    expect(of('hub_mon_task_wait_seconds_bucket', {...quick, le: '4194.304'}).at(-1)).toEqual([240, 2])
    expect(of('hub_mon_task_wait_seconds_bucket', {...quick, le: '+Inf'}).at(-1)).toEqual([240, 3])
    expect(of('hub_mon_history_covered_seconds_total', {})).toEqual([
      [0, 0],
      [60, 60],
      [120, 101.25],
      [180, 101.25],
      [240, 161.25],
    ])
    expect(of('hub_mon_history_missed_events_total', {}).at(-1)).toEqual([240, 2])
    // Nobody told when those were sent.
    expect(samples.some(({name, labels}) => name.includes('_wait_') && labels.task === 'hub.slow')).toBe(
      false,
    )
    expect(types.get('hub_mon_queue_messages')).toBe('gauge')
  })

  it('adds up what has one name', async () => {
    const tasks = [recordedTasks({task: null, failed: 2}), recordedTasks({task: '(unknown)', failed: 3})]
    const {samples} = parseExposition(await textOf(openmetrics(asRead([recordedBucket(from, {tasks})]))))
    const failed = samples.filter(({name}) => name === 'hub_mon_task_failed_total')
    expect(failed.map(({value}) => value)).toEqual([0, 5])
  })

  it('refuses what it could not hold', async () => {
    const tasks = Array(200_001).fill(recordedTasks())
    const many = [recordedBucket(from, {tasks})]
    await expect(textOf(openmetrics(asRead(many)))).rejects.toThrow(TooManyValues)
  })
})
