import type {ConnectedReach} from '../sources/redis/reach.ts'
import type {Counters} from './counters.ts'
import {type Resolution, startOf} from './resolution.ts'
import type {StoreNames} from './store.ts'
import {readBuckets, type StoredBucket} from './stored-bucket.ts'

type Client = ConnectedReach['connection']['client']

/** A recorder gives up what it could not write for ten minutes: until then a bucket may still grow. */
const growingSeconds = 630

/** Follows a history from one reading to the next, in its finest buckets. What happened while nobody read for longer than those are kept is not counted, nor is it covered. */
export class Follower {
  readonly #counters: Counters
  readonly #resolutions: readonly Resolution[]
  #readAt: number | null = null

  constructor(counters: Counters, resolutions: readonly Resolution[]) {
    this.#counters = counters
    this.#resolutions = resolutions
  }

  /** Reads what may have grown since the last time. `now` in epoch seconds. */
  async read(client: Client, names: StoreNames, now: number): Promise<void> {
    const [finest] = this.#resolutions
    if (finest === undefined) return
    if (!this.#counters.begun) await this.#learn(client, names, now)
    const from = startOf(Math.max((this.#readAt ?? now) - growingSeconds, now - finest.keepSeconds), finest)
    const starts = range(from, startOf(now, finest), finest.seconds)
    // All of them before any is counted: a reading that breaks off must not count as a beginning.
    this.#counters.take(await all(readBuckets(client, names, finest, starts)), now)
    this.#counters.forget(from)
    this.#readAt = now
  }

  /** The names of the last hours, by the newest buckets of each length. */
  async #learn(client: Client, names: StoreNames, now: number): Promise<void> {
    for (const resolution of this.#resolutions) {
      const newest = startOf(now, resolution)
      const starts = [newest - resolution.seconds, newest]
      this.#counters.know(await all(readBuckets(client, names, resolution, starts)), now)
    }
  }
}

async function all(buckets: AsyncIterable<StoredBucket>): Promise<StoredBucket[]> {
  const read = []
  for await (const bucket of buckets) read.push(bucket)
  return read
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({length: Math.floor((to - from) / step) + 1}, (_, nth) => from + nth * step)
}
