import {setTimeout as pause} from 'node:timers/promises'
import {SourceError} from '../snapshot/source-error.ts'
import type {RedisConnection} from '../sources/redis/connection.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {Clock, type Clocks} from './clock.ts'
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
  /** Called whenever it has written, or has seen that another does. */
  onAlive?: () => void
  /** The machine's own when absent. */
  clocks?: Clocks
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
/** A store that takes longer for everything that one flush asks of it is given up, and reached anew. */
const mostFlushSeconds = 15
/** What is left is written within this when it ends. */
const mostLastFlushSeconds = 3

/** Records until the signal aborts; then writes what it has and gives the lead up. Goes on whatever fails on the way. */
export async function record(options: RecorderOptions, signal: AbortSignal): Promise<void> {
  await new Recorder(options, signal).run()
}

type Store = {reach: ConnectedReach; connection: RedisConnection; writer: HistoryWriter}

class Recorder {
  readonly #options: RecorderOptions
  readonly #signal: AbortSignal
  readonly #recording: Recording
  readonly #clock: Clock
  readonly #startedAt: number
  #store: Store | null = null
  #run: string | null = null
  #leads = false
  /** Seen without a gap since then; `null` while not subscribed, or not leading. */
  #coveredFrom: number | null = null
  #subscriptions = 0
  /** The clock was set back: what is written from now on is to be another run's. */
  #turnsBack = false
  #lag = 0
  #storeBytes = 0
  #pausedBecause: RecorderState['pausedBecause'] = null
  #measuredAt = Number.NEGATIVE_INFINITY
  #lastWritten: number
  #rate: {events: number; at: number; perSecond: number}

  constructor(options: RecorderOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#recording = new Recording(options.limits)
    this.#clock = new Clock(options.clocks)
    const at = this.#clock.now()
    this.#startedAt = at
    this.#lastWritten = at
    this.#rate = {events: 0, at, perSecond: 0}
  }

  async run(): Promise<void> {
    await Promise.all([
      this.#listen(),
      this.#every(sampleSeconds, () => this.#sample()),
      this.#every(1, async () => this.#lookAtClock()),
      this.#every(flushSeconds, () => this.#within(mostFlushSeconds, () => this.#flush())),
    ])
    await this.#within(mostLastFlushSeconds, async () => {
      await this.#flush()
      await this.#store?.writer.leave(this.#clock.now())
    }).catch(() => {})
    await this.#store?.reach.close()
  }

  #lookAtClock(): void {
    const jump = this.#clock.look()
    if (jump === null) return
    const seconds = Math.round(Math.abs(jump.seconds))
    this.#options.tell(
      jump.kind === 'slept'
        ? `asleep for ${seconds} s: what happened meanwhile is not known`
        : `the clock was set ${jump.seconds < 0 ? 'back' : 'forward'} by ${seconds} s`,
    )
    this.#coveredFrom = null
    if (jump.kind === 'slept') return
    const at = this.#clock.now()
    this.#recording.turnTo(at)
    this.#rate = {events: this.#recording.events, at, perSecond: 0}
    this.#lastWritten = at
    // Buckets that this run has written come again: another run's fields add up with them.
    if (jump.seconds < 0) this.#turnsBack = true
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
    const reach = await this.#options.reachBroker(AbortSignal.any([this.#signal, timeLimit(10)]))
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
          () => this.#clock.now(),
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
    const at = this.#clock.now()
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
    const at = this.#clock.now()
    for (const [queue, ready] of depths) this.#recording.depth(queue, ready, at)
    for (const [node, queue] of queues) this.#recording.consumes(node, queue)
  }

  async #flush(): Promise<void> {
    if (this.#turnsBack) await this.#endRun()
    const {connection, writer} = await this.#open()
    const lead = await writer.lead()
    if (lead === false) {
      if (this.#leads) this.#options.tell('another recorder writes now')
      this.#leads = false
      await writer.standBy({tool: this.#options.tool, host: this.#options.host})
      this.#options.onAlive?.()
      return
    }
    if (!this.#leads) this.#options.tell('writing')
    this.#leads = true
    // Also of one that led all the time, as far as it knows: it may have been stopped while another did.
    if (lead === 'after-another') this.#beginAnew()
    await this.#guard(connection)
    if (this.#pausedBecause !== null || this.#clock.now() - this.#lastWritten > unwrittenSeconds)
      this.#beginAnew()
    const flush = this.#recording.flush(this.#clock.now())
    const kept = await writer.write({...flush, state: this.#state(writer.run)})
    if (kept) {
      this.#recording.written()
      this.#lastWritten = this.#clock.now()
      if (this.#pausedBecause === null) this.#options.onAlive?.()
    } else this.#leads = false
  }

  async #endRun(): Promise<void> {
    await this.#store?.writer.leave()
    await this.#store?.reach.close()
    this.#store = null
    this.#run = null
    this.#turnsBack = false
  }

  /** From here on, and nothing of before: that was counted by another, or is to be a gap. */
  #beginAnew(): void {
    this.#recording.begin()
    this.#lastWritten = this.#clock.now()
    if (this.#coveredFrom !== null) this.#coveredFrom = this.#lastWritten
  }

  async #guard({client}: RedisConnection): Promise<void> {
    const steady = performance.now() / 1000
    if (steady - this.#measuredAt > measureSeconds) {
      this.#storeBytes = await measureStore(client, this.#options.names)
      this.#measuredAt = steady
    }
    const info = await client.info('memory').catch(() => '')
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

  async #open(): Promise<Store> {
    if (this.#store !== null && this.#store.connection.client.status === 'ready') return this.#store
    await this.#store?.reach.close()
    this.#store = null
    const within = AbortSignal.any([this.#signal, timeLimit(10)])
    const reach = await this.#options.reachStore(within)
    try {
      // One of its own: what the shared one may bring in is less than comes in days.
      const connection = await reach.open(within, {mostBytes: Number.POSITIVE_INFINITY})
      const writer = new HistoryWriter(connection.client, this.#options.names, this.#run ?? undefined)
      this.#run = writer.run
      this.#store = {reach, connection, writer}
      return this.#store
    } catch (error) {
      await reach.close()
      throw error
    }
  }

  /** A store that takes commands and does not answer would hold everything for ever. */
  async #within(seconds: number, act: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.#store?.connection.close(), seconds * 1000)
    try {
      await act()
    } finally {
      clearTimeout(timer)
    }
  }

  #state(run: string): RecorderState {
    const at = this.#clock.now()
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
      mostStoreBytes: this.#options.mostStoreBytes,
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

async function rest(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds * 1000, undefined, {signal}).catch(() => {})
}

function words(error: unknown): string {
  return error instanceof SourceError || error instanceof Error ? error.message : String(error)
}
