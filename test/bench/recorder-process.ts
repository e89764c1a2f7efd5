import {readFileSync} from 'node:fs'
import {defaultHistory} from '../../src/config/settings.ts'
import {record} from '../../src/history/recorder.ts'
import {Recording} from '../../src/history/recording.ts'
import {reachRedis} from '../../src/sources/redis/reach.ts'

// The recorder with its store on the same Redis: says when it has taken in as many events of tasks as it is told to, and what it took.
const [url = '', expected = ''] = process.argv.slice(2)
const take = Recording.prototype.take
const begin = {at: 0, cpu: process.cpuUsage()}
let events = 0
let missed = 0
const tell = () => {
  const {user, system} = process.cpuUsage(begin.cpu)
  const seconds = (performance.now() - begin.at) / 1000
  // Not getrusage: that begins with what the process had that started this one.
  const rssBytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
  process.stdout.write(
    `${JSON.stringify({events, missed, seconds, cpuSeconds: (user + system) / 1e6, rssBytes})}\n`,
  )
}
Recording.prototype.take = function (event, at) {
  take.call(this, event, at)
  missed = this.missed
  if (event.kind === 'heartbeat') return
  if (events === 0) Object.assign(begin, {at: performance.now(), cpu: process.cpuUsage()})
  events += 1
  if (events === Number(expected)) tell()
}

const ending = new AbortController()
const reach = async (signal: AbortSignal) => {
  const way = await reachRedis({url, stack: Promise.resolve(null)}, signal)
  if (way.kind !== 'connected') throw new Error('a typed address leads there')
  return way
}
process.once('SIGTERM', () => ending.abort())
await record(
  {
    ...{reachBroker: reach, reachStore: reach, names: {prefix: 'hub-mon:', place: '0'}},
    patterns: ['/0.celeryev/*'],
    limits: {
      resolutions: defaultHistory.buckets,
      mostSeries: 500,
      mostInFlight: 100_000,
      mask: words => words,
    },
    sample: async () => ({depths: new Map(), queues: new Map()}),
    ...{tool: 'bench', host: 'bench', mostStoreBytes: defaultHistory.mostBytes},
    tell: sentence => process.stderr.write(`${sentence}\n`),
  },
  ending.signal,
)
tell()
