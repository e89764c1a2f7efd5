import {hostname} from 'node:os'
import {setTimeout as pause} from 'node:timers/promises'
import {HubError} from '../errors/hub-error.ts'
import {type RecorderOptions, record} from '../history/recorder.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import {maskWords} from '../snapshot/mask-words.ts'
import type {SourceId} from '../snapshot/reading.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {readCelery} from '../sources/celery/read.ts'
import {type ConnectedReach, reachRedis} from '../sources/redis/reach.ts'
import {timeLimit} from '../sources/time-limit.ts'
import type {Context} from './context.ts'
import {historyNames} from './history-reader.ts'
import type {Hub} from './hub.ts'
import {openReaders} from './readers.ts'

/** A way to the store; closing it closes what it was reached by. */
export async function reachStore(
  context: Context,
  hub: Omit<Hub, 'look'>,
  signal: AbortSignal,
): Promise<ConnectedReach> {
  const {store} = context.settings.history.value
  if (store === null) return await reachBroker(context, hub, signal)
  return connected(await reachRedis({url: store, stack: Promise.resolve(null)}, signal))
}

/** A way to the broker that has no bound in bytes: it is open as long as the recorder runs. */
export async function reachBroker(
  context: Context,
  hub: Omit<Hub, 'look'>,
  signal: AbortSignal,
): Promise<ConnectedReach> {
  const {reach, close} = openReaders(context, hub, {
    wanted: new Set<SourceId>(),
    question: {passive: true},
    finished: [],
    beforeStart: false,
  })
  try {
    return connected(await reach(signal))
  } catch (error) {
    await close()
    throw error
  }
}

function connected(reach: Awaited<ReturnType<typeof reachRedis>>): ConnectedReach {
  if (reach.kind === 'connected') return reach
  throw new SourceError(
    'exec-only',
    'only docker exec leads to Redis: events cannot be listened to that way; publish its port on loopback',
    'redis',
  )
}

const pauseSeconds = 1

export type Recording = {
  /** A broker that cannot be reached is waited for this long. */
  waitSeconds: number
  tell: (sentence: string) => void
  onAlive: () => void
}

/** Records until the signal aborts. Throws a `HubError` (69) where the broker cannot be reached in time. */
export async function keepRecording(
  context: Context,
  hub: Hub,
  {waitSeconds, tell, onAlive}: Recording,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const renamed = new AbortController()
    const look = () => recorderOptions(context, hub, tell, () => renamed.abort())
    const options = await whenReachable(look, waitSeconds, tell, signal)
    if (options === null) return
    await record({...options, onAlive}, AbortSignal.any([signal, renamed.signal]))
    if (!signal.aborted) tell('the hub names its channels otherwise now: listening anew')
  }
}

async function whenReachable(
  look: () => Promise<RecorderOptions>,
  waitSeconds: number,
  tell: (sentence: string) => void,
  signal: AbortSignal,
): Promise<RecorderOptions | null> {
  const end = performance.now() + waitSeconds * 1000
  let told = false
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (signal.aborted) return null
      if (!(error instanceof HubError) || performance.now() > end) throw error
      if (!told) tell(`waiting for the broker: ${error.message}`)
      told = true
    }
    await pause(pauseSeconds * 1000, undefined, {signal}).catch(() => {})
  }
}

/**
 * What a recorder needs, found out from the broker once. Names of channels show when a node is there: `onRenamed` tells that they
 * are others than was thought. Throws a `HubError` (69) where the broker cannot be reached.
 */
async function recorderOptions(
  context: Context,
  hub: Hub,
  tell: (sentence: string) => void,
  onRenamed: () => void,
): Promise<RecorderOptions> {
  const {settings, signal, tool} = context
  const seconds = settings.timeoutSeconds.value
  const look = async (passive: boolean): Promise<{facts: CeleryFacts; database: number}> => {
    const within = AbortSignal.any([signal, timeLimit(seconds)])
    const reach = await reachBroker(context, hub, within)
    try {
      const {value} = await readCelery(reach, {passive}, within)
      return {facts: value, database: reach.database}
    } finally {
      await reach.close()
    }
  }
  const {facts, database} = await look(false).catch((error: unknown) => {
    signal.throwIfAborted()
    if (error instanceof SourceError) throw new HubError('unavailable', error.code, error.message)
    throw error
  })
  const eventsOf = ({names: {keyPrefix, channelPrefix}}: CeleryFacts) =>
    `${keyPrefix}${channelPrefix}celeryev`
  const events = eventsOf(facts)
  const {mostBytes, buckets} = settings.history.value
  let looks = 0
  return {
    reachBroker: within => reachBroker(context, hub, within),
    reachStore: within => reachStore(context, hub, within),
    names: historyNames(context, database),
    // With `fanout_patterns` off there is one channel for all events.
    patterns: [`${events}/*`, events].map(escaped),
    limits: {
      ...{resolutions: buckets, mostSeries: 500, mostInFlight: 100_000},
      mask: words => context.secrets.mask(maskWords(words)),
    },
    async sample() {
      // Nodes are asked now and then: who consumes what changes seldom.
      const {facts: now} = await look(looks % 6 !== 0)
      looks += 1
      if (now.nodes.length > 0 && eventsOf(now) !== events) onRenamed()
      return {
        depths: new Map(now.queues.map(({name, ready}) => [name, ready])),
        queues: new Map(
          now.nodes.map(({name, queues}) => [name, queues?.length === 1 ? (queues[0] ?? null) : null]),
        ),
      }
    },
    tool,
    host: hostname(),
    mostStoreBytes: mostBytes,
    tell,
  }
}

/** What is a pattern to Redis, taken as it stands; the star at the end stays one. */
function escaped(channel: string): string {
  return channel.replace(/[?[\]\\]/g, '\\$&')
}
