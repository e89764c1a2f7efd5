import {type ChildProcess, spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import {startRedis} from '../services/redis.ts'
import {block, eventsInBlock, send, sendHeartbeats} from './event-stream.ts'
import {median, root} from './race.ts'

type Taken = {events: number; missed: number; seconds: number; cpuSeconds: number; rssBytes: number}

const blocksInStream = 100
const aim = 12
/** Nothing is lost at this pace, with the limits that Redis has by itself. */
const aimedPace = 100_000

const recorder = [process.execPath, '--import', 'tsx', `${root}test/bench/recorder-process.ts`]
const receiver = [
  process.env.HUB_MON_TEST_PYTHON ?? '/usr/bin/python3',
  `${root}test/bench/receiver-by-python.py`,
]

/** Events a second of the recorder beside Celery's own receiver with its State, and how quick they may come. */
export async function recorderTables(rounds: number, pacedSeconds: number): Promise<string> {
  const stream = Array.from({length: blocksInStream}, (_, nth) => block(nth))
  const ours: Taken[] = []
  const theirs: Taken[] = []
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await replay(recorder, stream, blocksInStream))
    theirs.push(await replay(receiver, stream, blocksInStream))
  }
  const long = await replay(recorder, stream, blocksInStream * 10)
  const rate = ({events, seconds}: Taken) => events / seconds
  const slower = median(theirs.map(rate))
  const row = (what: string, taken: Taken[]) => {
    const perSecond = median(taken.map(rate))
    const cpu = median(taken.map(({cpuSeconds, events}) => (cpuSeconds / events) * 1e6))
    const rss = median(taken.map(({rssBytes}) => rssBytes / 1024 ** 2))
    return `| ${what} | ${thousands(perSecond)} | ${(perSecond / slower).toFixed(1)} | ${cpu.toFixed(1)} | ${rss.toFixed(0)} | ${taken.length} |`
  }
  const speed = [
    '| what | events/s | times the receiver | CPU µs an event | peak MB | rounds |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    row(`recorder, 300,000 events (aim: ≥ ${aim} times)`, ours),
    row("Celery's receiver and `State`, 300,000 events", theirs),
    row('recorder, 3,000,000 events', [long]),
  ]
  const paces = [
    '| events/s sent | seconds | sent | taken in | begun and lost, as the recorder says |',
    '| ---: | ---: | ---: | ---: | ---: |',
  ]
  for (const pace of [aimedPace, aimedPace * 1.5, aimedPace * 2, null]) {
    const many = Math.round(((pace ?? aimedPace * 3) * pacedSeconds) / eventsInBlock)
    const {reached, taken} = await paced(stream, many, pace)
    paces.push(
      `| ${thousands(reached)}${pace === null ? ' (as quick as Redis takes them)' : ''} | ${((many * eventsInBlock) / reached).toFixed(0)} | ${thousands(many * eventsInBlock)} | ${thousands(taken.events)} | ${thousands(taken.missed)} |`,
    )
  }
  return [...speed, '', ...paces].join('\n')
}

/** With nobody dropped: how long until the last event has been taken in. */
async function replay(program: readonly string[], stream: readonly Buffer[], many: number): Promise<Taken> {
  const redis = await startRedis({args: ['--client-output-buffer-limit', 'pubsub 0 0 0']})
  const {child, lines} = listener(program, redis.url, many * eventsInBlock)
  try {
    await subscribed(redis.cli)
    const [{value}] = await Promise.all([lines.next(), send(redis.port, stream, many, null)])
    return JSON.parse(value)
  } finally {
    await ended(child, 'SIGKILL')
    await redis.stop()
  }
}

/** With the limits that Redis has by itself: what of it all was taken in, and what the recorder says that it missed. */
async function paced(stream: readonly Buffer[], many: number, perSecond: number | null) {
  const redis = await startRedis()
  const {child, lines} = listener(recorder, redis.url, 0)
  try {
    await subscribed(redis.cli)
    const reached = await send(redis.port, stream, many, perSecond)
    // The heartbeats that tell what is missing come last, to a recorder that is there again.
    await subscribed(redis.cli)
    await sendHeartbeats(redis.port, many)
    const last = lines.next()
    await ended(child, 'SIGTERM')
    return {reached, taken: JSON.parse((await last).value) as Taken}
  } finally {
    await ended(child, 'SIGKILL')
    await redis.stop()
  }
}

function listener([program = '', ...words]: readonly string[], url: string, expected: number) {
  const child = spawn(program, [...words, url, String(expected)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return {child, lines: createInterface({input: child.stdout})[Symbol.asyncIterator]()}
}

async function subscribed(cli: (...words: string[]) => Promise<string>): Promise<void> {
  const end = performance.now() + 20_000
  while (Number(await cli('PUBSUB', 'NUMPAT')) === 0) {
    if (performance.now() > end) throw new Error('nobody listens')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise(resolve => child.once('exit', resolve))
  child.kill(signal)
  await exit
}

function thousands(many: number): string {
  return Math.round(many).toLocaleString('en')
}
