import {describe, expect, it} from 'vitest'
import {interleaveLines, mergeLines} from '../../../src/stack/merge-lines.ts'

type Line = {time: string; from: string}

async function* lines(from: string, times: string[]): AsyncGenerator<Line> {
  for (const time of times) yield {time, from}
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

describe('mergeLines', () => {
  it('puts several streams into the order of time', async () => {
    const merged = await all(
      mergeLines([lines('a', ['1', '4']), lines('b', []), lines('c', ['2', '3', '5'])]),
    )
    expect(merged.map(({time, from}) => time + from)).toEqual(['1a', '2c', '3c', '4a', '5c'])
  })

  it('reads no further than it is asked, and lets its streams go', async () => {
    let read = 0
    let closed = false
    async function* endless(): AsyncGenerator<Line> {
      try {
        for (;;) {
          read += 1
          yield {time: String(read).padStart(9, '0'), from: 'a'}
        }
      } finally {
        closed = true
      }
    }
    for await (const {time} of mergeLines([endless()])) if (Number(time) === 5) break
    expect(read).toBeLessThan(8)
    expect(closed).toBe(true)
  })

  it('passes a failure on', async () => {
    async function* broken(): AsyncGenerator<Line> {
      yield {time: '2', from: 'b'}
      throw new Error('gone')
    }
    await expect(all(mergeLines([lines('a', ['1']), broken()]))).rejects.toThrow('gone')
  })
})

describe('interleaveLines', () => {
  /** A stream that is fed by hand. */
  function fed(from: string) {
    const waiting: (string | null)[] = []
    let wake = () => {}
    async function* stream(): AsyncGenerator<Line> {
      for (;;) {
        const time = waiting.shift()
        if (time === null) return
        if (time !== undefined) yield {time, from}
        else
          await new Promise<void>(resolve => {
            wake = resolve
          })
      }
    }
    const push = (...times: (string | null)[]) => {
      waiting.push(...times)
      wake()
    }
    return {stream: stream(), push}
  }

  it('puts a line that comes a little late before what was written after it', async () => {
    const a = fed('a')
    const b = fed('b')
    const merged = interleaveLines([a.stream, b.stream], 50)
    a.push('2', '4')
    setTimeout(() => b.push('1', '3'), 10)
    const got: string[] = []
    for (let count = 0; count < 4; count += 1) got.push((await merged.next()).value.time)
    expect(got).toEqual(['1', '2', '3', '4'])
    a.push('5', null)
    b.push(null)
    expect((await all(merged)).map(({time}) => time)).toEqual(['5'])
  })

  it('does not hold a line longer than its window', async () => {
    const a = fed('a')
    const merged = interleaveLines([a.stream], 30)
    a.push('1')
    const start = performance.now()
    await merged.next()
    expect(performance.now() - start).toBeLessThan(1000)
    a.push(null)
    await all(merged)
  })

  it('lets a flood through, whole and in order', async () => {
    const times = Array.from({length: 20_000}, (_, index) => String(index).padStart(6, '0'))
    const merged = await all(interleaveLines([lines('a', times)], 60_000))
    expect(merged.map(({time}) => time)).toEqual(times)
  })
})
