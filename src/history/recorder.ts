import {setTimeout as pause} from 'node:timers/promises'
import {SourceError} from '../snapshot/source-error.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {decodeEvents} from './decode.ts'
import {Recording, type RecordingLimits} from './recording.ts'
import {HistoryWriter, measureStore, type RecorderState, type StoreNames} from './store.ts'
import {type Subscription, subscribe} from './subscription.ts'

export type RecorderOptions = {
  /** A way to the broker, found anew each time: after a failover it is another one. */
  reachBroker: (signal: AbortSignal) => Promise<ConnectedReach>
  /** Where history is kept; may be the broker. */
  reachStore: (signal: AbortSignal) => Promise<ConnectedReach>
  names: StoreNames
  /** Channels of the event exchange, e.g. `/0.celeryev/*`. */
  patterns: readonly string[]
  limits: RecordingLimits
  /** Ready messages by queue, and the one queue of each node that consumes no other. */
  sample: (signal: AbortSignal) => Promise<{depths: Map<string, number>; queues: Map<string, string | null>}>
  tool: string
  host: string
  /** Above this the store is left alone, in bytes. */
  mostStoreBytes: number
  /** What an operator wants to know, a sentence each. */
  tell: (sentence: string) => void
}

const flushSeconds = 2
const sampleSeconds = 10
const measureSeconds = 600
const leastPauseSeconds = 0.05
const mostPauseSeconds = 2
/** Of its memory, above which the store's Redis is left alone. */
const mostMemoryRatio = 0.8
/** What could not be written for so long is given up: it is a gap then. */
const unwrittenSeconds = 600
/** The wall clock and the steady one may differ so much between two ticks before the machine is taken to have slept. */
const clockJumpSeconds = 5

/** Records until the signal aborts; then writes what it has and gives the lead up. Goes on whatever fails on the way. */
export async function record(options: RecorderOptions, signal: AbortSignal): Promise<void> {
  await new Recorder(options, signal).run()
}

class Recorder {
  readonly #options: RecorderOptions
  readonly #signal: AbortSignal
  readonly #recording: Recording
  readonly #startedAt = now()
  #store: {reach: ConnectedReach; writer: HistoryWriter} | null = null
  #run: string | null = null
  #leads = false
  /** Seen without a gap since then; `null` while not subscribed, or not leading. */
  #coveredFrom: number | null = null
  #subscriptions = 0
  #lag = 0
  #storeBytes = 0
  #pausedBecause: RecorderState['pausedBecause'] = null
  #lastWritten = now()
  #rate = {events: 0, at: now(), perSecond: 0}

  constructor(options: RecorderOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#recording = new Recording(options.limits)
  }

  async run(): Promise<void> {
    const clock = new SteadyClock()
    await Promise.all([
      this.#listen(),
      this.#every(sampleSeconds, () => this.#sample()),
      this.#every(measureSeconds, () => this.#measure()),
      this.#every(flushSeconds, () => {
        if (clock.jumped()) {
          this.#options.tell('the clock jumped, or this machine slept: what happened meanwhile is not known')
          this.#coveredFrom = null
        }
        return this.#flush()
      }),
    ])
    await this.#flush().catch(() => {})
    await this.#store?.writer.leave().catch(() => {})
    await this.#store?.reach.close()
  }

  /** One subscription after the other. */
  async #listen(): Promise<void> {
    let wait = leastPauseSeconds
    while (!this.#signal.aborted) {
      const begun = performance.now()
      try {
        await this.#subscribed()
      } catch (error) {
        if (this.#signal.aborted) return
        this.#options.tell(`not listening: ${words(error)}`)
      }
      this.#coveredFrom = null

      wait = performance.now() - begun > 10_000 ? leastPauseSeconds : Math.min(mostPauseSeconds, wait * 2)
      await rest(wait, this.#signal)
    }
  }

  async #subscribed(): Promise<void> {
    const reach = await this.#options.reachBroker(
      AbortSignal.any([this.#signal, AbortSignal.timeout(10_000)]),
    )
    let subscription: Subscription | null = null
    const stop = () => subscription?.close()
    try {
      const connection = await reach.open(this.#signal, {mostBytes: Number.POSITIVE_INFINITY})
      this.#subscriptions += 1
      await new Promise<void>((resolve, reject) => {
        subscription = subscribe(
          connection,
          this.#options.patterns,
          {
            message: payload => this.#message(payload),
            confirmed: (sentAt, answeredAt) => this.#confirmed(sentAt, answeredAt),
            ended: error => (error === null ? resolve() : reject(error)),
          },
          now,
        )
        this.#signal.addEventListener('abort', stop)
        if (this.#signal.aborted) stop()
      })
    } finally {
      this.#signal.removeEventListener('abort', stop)
      await reach.close()
    }
  }

  #message(payload: Buffer): void {
    const events = decodeEvents(payload)
    if (events === null || events.length === 0) return
    const at = now()
    for (const event of events) this.#recording.take(event, at)
  }

  #confirmed(sentAt: number, answeredAt: number): void {
    this.#lag = Math.max(0, answeredAt - sentAt)
    // What came between the first PING's sending and its receipt was not subscribed to.
    if (this.#coveredFrom === null) this.#coveredFrom = answeredAt
    else if (sentAt > this.#coveredFrom) {
      if (this.#leads) this.#recording.covered({from: this.#coveredFrom, to: sentAt})
      this.#coveredFrom = sentAt
    }
  }

  async #sample(): Promise<void> {
    const {depths, queues} = await this.#options.sample(this.#signal)
    const at = now()
    for (const [queue, ready] of depths) this.#recording.depth(queue, ready, at)
    for (const [node, queue] of queues) this.#recording.consumes(node, queue)
  }

  async #measure(): Promise<void> {
    const {reach} = await this.#open()
    this.#storeBytes = await measureStore(reach.connection.client, this.#options.names)
  }

  async #flush(): Promise<void> {
    const {reach, writer} = await this.#open()
    const lead = await writer.lead()
    if (lead === false) {
      if (this.#leads) this.#options.tell('another recorder writes now')
      this.#leads = false
      return
    }
    if (!this.#leads) {
      this.#options.tell('writing')
      this.#leads = true
      if (lead === 'after-another') this.#beginAnew()
    }
    await this.#guard(reach)
    if (this.#pausedBecause !== null || now() - this.#lastWritten > unwrittenSeconds) this.#beginAnew()
    const flush = this.#recording.flush(now())
    const kept = await writer.write({...flush, state: this.#state(writer.run)})
    if (kept) {
      this.#recording.written()
      this.#lastWritten = now()
    } else this.#leads = false
  }

  /** From here on, and nothing of before: that was counted by another, or is to be a gap. */
  #beginAnew(): void {
    this.#recording.begin()
    this.#lastWritten = now()
    if (this.#coveredFrom !== null) this.#coveredFrom = now()
  }

  async #guard(reach: ConnectedReach): Promise<void> {
    const info = await reach.connection.client.info('memory').catch(() => '')
    const figure = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
    const most = figure('maxmemory')
    const full = most > 0 && figure('used_memory') / most > mostMemoryRatio
    const because = full ? 'memory' : this.#storeBytes > this.#options.mostStoreBytes ? 'too-large' : null
    if (because !== this.#pausedBecause)
      this.#options.tell(
        because === null
          ? 'writing again'
          : because === 'memory'
            ? `not writing: Redis is above ${mostMemoryRatio * 100} % of its memory`
            : 'not writing: the history is as large as it may be',
      )
    this.#pausedBecause = because
  }

  async #open(): Promise<{reach: ConnectedReach; writer: HistoryWriter}> {
    if (this.#store !== null && this.#store.reach.connection.client.status === 'ready') return this.#store
    await this.#store?.reach.close()
    this.#store = null
    const reach = await this.#options.reachStore(AbortSignal.any([this.#signal, AbortSignal.timeout(10_000)]))
    const writer = new HistoryWriter(reach.connection.client, this.#options.names, this.#run ?? undefined)
    this.#run = writer.run
    this.#store = {reach, writer}
    return this.#store
  }

  #state(run: string): RecorderState {
    const at = now()
    if (at - this.#rate.at >= flushSeconds / 2) {
      const perSecond = (this.#recording.events - this.#rate.events) / (at - this.#rate.at)
      this.#rate = {events: this.#recording.events, at, perSecond}
    }
    return {
      ...{run, tool: this.#options.tool, host: this.#options.host},
      startedAt: this.#startedAt,
      writtenAt: at,
      eventsPerSecond: this.#rate.perSecond,
      lagSeconds: this.#lag,
      reconnects: Math.max(0, this.#subscriptions - 1),
      missedEvents: this.#recording.missed,
      inFlight: this.#recording.inFlight,
      rssBytes: process.memoryUsage.rss(),
      storeBytes: this.#storeBytes,
      pausedBecause: this.#pausedBecause,
    }
  }

  /** Again and again; what fails is told when it begins to, and when it works again. */
  async #every(seconds: number, act: () => Promise<void>): Promise<void> {
    let failing: string | null = null
    while (!this.#signal.aborted) {
      try {
        await act()
        if (failing !== null) this.#options.tell('works again')
        failing = null
      } catch (error) {
        const reason = words(error)
        if (!this.#signal.aborted && reason !== failing) this.#options.tell(reason)
        failing = reason
      }
      await rest(failing === null ? seconds : Math.min(seconds, mostPauseSeconds), this.#signal)
    }
  }
}

/** Tells a clock that was set, and a machine that slept, by a second clock that only runs. */
class SteadyClock {
  #wall = now()
  #steady = performance.now() / 1000

  jumped(): boolean {
    const [wall, steady] = [now(), performance.now() / 1000]
    const difference = wall - this.#wall - (steady - this.#steady)
    const slept = steady - this.#steady > flushSeconds + clockJumpSeconds
    this.#wall = wall
    this.#steady = steady
    return Math.abs(difference) > clockJumpSeconds || slept
  }
}

function now(): number {
  return Date.now() / 1000
}

async function rest(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds * 1000, undefined, {signal}).catch(() => {})
}

function words(error: unknown): string {
  return error instanceof SourceError || error instanceof Error ? error.message : String(error)
}
