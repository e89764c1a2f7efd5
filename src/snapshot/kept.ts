import type {Answer, Reader} from './collect.ts'
import type {SourceId} from './reading.ts'
import type {FactsOf} from './snapshot.ts'

/** What was told stands for so long; what may be well again in a moment does not. */
type Seldom<T> = {seconds: number; isSettled: (facts: T) => boolean}

/** Sources that write down who asks, and are asked seldom where the hub is looked at again and again. */
const seldomAsked: {readonly [K in SourceId]?: Seldom<FactsOf[K]>} = {
  outside: {seconds: 300, isSettled: ({addresses}) => addresses.every(({error}) => error === null)},
}

type Last = {answer: Answer<unknown>; of: string; at: number}

/** Answers of one hub that stand for its next looks, too. */
export class Kept {
  readonly #last = new Map<SourceId, Last>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now
  }

  /** A reader that gives its last answer again, with the time that it is of, as long as that is young enough and `of` the same things. */
  over<T>(source: SourceId, read: Reader<T>, of: (signal: AbortSignal) => Promise<string>): Reader<T> {
    const seldom = seldomAsked[source] as Seldom<T> | undefined
    if (seldom === undefined) return read
    return async signal => {
      const things = await of(signal)
      const last = this.#last.get(source)
      if (last?.of === things && this.#now() - last.at < seldom.seconds) return last.answer as Answer<T>
      const [startedAt, at] = [new Date().toISOString(), this.#now()]
      const told = await read(signal)
      const answer = {...told, timing: {startedAt, durationSeconds: this.#now() - at}}
      const stands = !signal.aborted && told.error === undefined && seldom.isSettled(told.value)
      if (stands) this.#last.set(source, {answer, of: things, at})
      else this.#last.delete(source)
      return answer
    }
  }
}
