/** Anything with a time whose text order is time order. */
type Timed = {time: string}

/** Streams that are each in time order, as one in time order. Holds one line of each. */
export async function* mergeLines<T extends Timed>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map(source => source[Symbol.asyncIterator]())
  const heads = await Promise.all(iterators.map(iterator => iterator.next()))
  try {
    for (;;) {
      let first = -1
      heads.forEach((head, index) => {
        const best = heads[first]
        if (
          head.done !== true &&
          (best === undefined || best.done === true || head.value.time < best.value.time)
        )
          first = index
      })
      const head = heads[first]
      const iterator = iterators[first]
      if (head === undefined || head.done === true || iterator === undefined) return
      yield head.value
      heads[first] = await iterator.next()
    }
  } finally {
    await Promise.all(iterators.map(iterator => iterator.return?.()))
  }
}

/** Lines held back at most; a flood goes out sooner than its window. */
const mostHeld = 5000

/**
 * Streams that go on, as one: each line is held for a short window, so that lines of several streams that come
 * a little late are still put in their order.
 */
export async function* interleaveLines<T extends Timed>(
  sources: readonly AsyncIterable<T>[],
  windowMilliseconds: number,
): AsyncGenerator<T> {
  let held: {line: T; due: number}[] = []
  let open = sources.length
  const failures: unknown[] = []
  let wake = () => {}
  let makeRoom: (() => void)[] = []
  /** No use in holding lines back any longer. */
  const hurry = () => open === 0 || held.length >= mostHeld

  const pump = async (source: AsyncIterable<T>) => {
    try {
      for await (const line of source) {
        held.push({line, due: performance.now() + windowMilliseconds})
        wake()
        if (held.length >= mostHeld) await new Promise<void>(resolve => makeRoom.push(resolve))
      }
    } catch (error) {
      failures.push(error)
    } finally {
      open -= 1
      wake()
    }
  }
  for (const source of sources) void pump(source)

  for (;;) {
    const [first] = held
    if (first === undefined) {
      if (failures.length > 0) throw failures[0]
      if (open === 0) return
      await new Promise<void>(resolve => {
        wake = resolve
      })
      continue
    }
    if (!hurry()) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.max(1, first.due - performance.now()))
        wake = () => {
          if (!hurry()) return
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const now = performance.now()
    const times = held.filter(({due}) => due <= now || hurry()).map(({line}) => line.time)
    if (times.length === 0) continue
    // All up to the newest line that is due goes out, also what came in only just now.
    const newest = times.sort().at(-1) ?? ''
    const out = held.map(({line}) => line).filter(({time}) => time <= newest)
    held = held.filter(({line}) => line.time > newest)
    for (const resolve of makeRoom) resolve()
    makeRoom = []
    for (const line of out.sort((a, b) => compare(a.time, b.time))) yield line
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
