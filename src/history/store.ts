import {randomBytes} from 'node:crypto'
import type {RecorderFacts} from '../snapshot/history.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import type {Cell, Failure, NodeState} from './recording.ts'
import type {Resolution} from './resolution.ts'

type Client = ConnectedReach['connection']['client']

/** What a recorder says of itself. Figures are of the last few seconds. */
export type RecorderState = Omit<RecorderFacts, 'startedAt' | 'writtenAt' | 'writtenAgoSeconds'> & {
  /** One word for this run. */
  run: string
  /** Epoch seconds. */
  startedAt: number
  writtenAt: number
}

/** Where history is kept: names of keys. `place` tells the histories of several brokers in one Redis apart. */
export type StoreNames = {prefix: string; place: string}

export const usualPrefix = 'hub-mon:'

/** How long a recorder leads without renewing it, in seconds. */
export const leaseSeconds = 6
/** A recorder that has said nothing for so long is gone. */
export const stateSeconds = 60
/** One that stands by says so with every try to take the lead. */
const standbySeconds = 15
const failuresKeptSeconds = 90 * 86_400
const cellsAtOnce = 500

const under = ({prefix, place}: StoreNames, ...words: (string | number)[]) =>
  `${prefix}${[place, ...words].join(':')}`

export const bucketKey = (names: StoreNames, resolution: Pick<Resolution, 'seconds'>, start: number) =>
  under(names, 'bucket', resolution.seconds, start)
export const leaseKey = (names: StoreNames) => under(names, 'lease')
export const lastRunKey = (names: StoreNames) => under(names, 'last-run')
export const stateKey = (names: StoreNames) => under(names, 'recorder')
export const endedKey = (names: StoreNames) => under(names, 'ended')
export const standbyKey = (names: StoreNames) => under(names, 'standby')
export const failuresKey = (names: StoreNames) => under(names, 'failures')
export const nodesKey = (names: StoreNames) => under(names, 'nodes')
export const bucketPattern = (names: StoreNames) =>
  `${under(names, 'bucket').replace(/[[\]*?\\]/g, '\\$&')}:*`

/** Between a run and a series in the name of a field: what each run writes adds up. */
export const runSeparator = '|'

/** What is written at once, or not at all. */
export type Flush = {
  cells: readonly Cell[]
  failures: readonly Failure[]
  nodes: readonly NodeState[]
  state: RecorderState
}

/** The writing side of a history: one recorder's run. */
export class HistoryWriter {
  readonly run: string
  readonly #client: Client
  readonly #names: StoreNames

  /** `run` is given where a connection is a new one and the run is not. */
  constructor(
    client: Client,
    names: StoreNames,
    run = `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`,
  ) {
    this.#client = client
    this.#names = names
    this.run = run
  }

  /**
   * Takes or keeps the lead. `alone`: no other run has written since this one did, so that what it has not written yet still counts;
   * `after-another`: it does not.
   */
  async lead(): Promise<'alone' | 'after-another' | false> {
    const key = leaseKey(this.#names)
    const taken = await this.#client.set(key, this.run, 'PX', leaseSeconds * 1000, 'NX')
    if (taken !== 'OK' && (await this.#client.get(key)) !== this.run) return false
    // Set by what is written alone: an answer that got lost on the way must not make a run believe that it was alone.
    return (await this.#client.get(lastRunKey(this.#names))) === this.run ? 'alone' : 'after-another'
  }

  /**
   * Writes whole values, each piece in a transaction that holds only while this run leads. False when it leads no more: what is not
   * written is then to be forgotten, because another run counts.
   */
  async write({cells, failures, nodes, state}: Flush): Promise<boolean> {
    for (let from = 0; from === 0 || from < cells.length; from += cellsAtOnce) {
      const last = from + cellsAtOnce >= cells.length
      const piece = cells.slice(from, from + cellsAtOnce)
      if (!(await this.#commit(piece, last ? {failures, nodes, state} : null))) return false
    }
    return true
  }

  /** Tells that this run would take over. */
  async standBy(of: {tool: string; host: string}): Promise<void> {
    await this.#client.set(standbyKey(this.#names), JSON.stringify(of), 'EX', standbySeconds)
  }

  /** Gives the lead up, so that another need not wait for it to run out. `endedAt`, epoch seconds: it is not to come back. */
  async leave(endedAt?: number): Promise<void> {
    const key = leaseKey(this.#names)
    await this.#client.watch(key)
    if ((await this.#client.get(key)) !== this.run) {
      await this.#client.unwatch()
      return
    }
    const transaction = this.#client.multi().del(key, stateKey(this.#names))
    if (endedAt !== undefined)
      transaction.set(endedKey(this.#names), String(endedAt), 'EX', failuresKeptSeconds)
    await transaction.exec()
  }

  async #commit(cells: readonly Cell[], rest: Omit<Flush, 'cells'> | null): Promise<boolean> {
    const lease = leaseKey(this.#names)
    await this.#client.watch(lease)
    if ((await this.#client.get(lease)) !== this.run) {
      await this.#client.unwatch()
      return false
    }
    const transaction = this.#client.multi().pexpire(lease, leaseSeconds * 1000)
    transaction.set(lastRunKey(this.#names), this.run, 'EX', failuresKeptSeconds)
    const buckets = new Map<string, Resolution>()
    for (const {resolution, start, field, value} of cells) {
      const key = bucketKey(this.#names, resolution, start)
      buckets.set(key, resolution)
      transaction.hset(key, `${this.run}${runSeparator}${field}`, value)
    }
    for (const [key, {seconds, keepSeconds}] of buckets) transaction.expire(key, keepSeconds + 2 * seconds)
    if (rest !== null) {
      for (const failure of rest.failures)
        transaction.hset(failuresKey(this.#names), failure.task ?? '', JSON.stringify(failure))
      if (rest.failures.length > 0) transaction.expire(failuresKey(this.#names), failuresKeptSeconds)
      for (const node of rest.nodes) transaction.hset(nodesKey(this.#names), node.node, JSON.stringify(node))
      if (rest.nodes.length > 0) transaction.expire(nodesKey(this.#names), failuresKeptSeconds)
      transaction.set(stateKey(this.#names), JSON.stringify(rest.state), 'EX', stateSeconds)
      transaction.del(endedKey(this.#names))
    }
    const results = await transaction.exec()
    if (results === null) return false
    const failed = results.find(([error]) => error !== null)?.[0]
    if (failed != null) throw failed
    return true
  }
}

/** How much room the history takes in Redis, in bytes, as Redis estimates it: looked at once, at a recorder's start. */
export async function measureStore(client: Client, names: StoreNames): Promise<number> {
  let cursor = '0'
  let bytes = 0
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', bucketPattern(names), 'COUNT', 1000)
    cursor = next
    const sizes = await Promise.all(keys.map(key => client.memory('USAGE', key, 'SAMPLES', 5)))
    bytes += sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  } while (cursor !== '0')
  return bytes
}
