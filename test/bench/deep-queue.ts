import {startFleet} from '../fleet/start.ts'
import {startRedis} from '../services/redis.ts'
import {hubMon, type Row, run, type Side, timeProcess} from './race.ts'

const aim = 1.2
const messages = 1_000_000

/** A queue of a million messages beside an empty one: the cost must not grow with what waits. */
export async function deepQueueRows(rounds: number): Promise<Row[]> {
  const small = {nodes: 4, groups: 1, queues: 1, depth: 0}
  const [deepRedis, emptyRedis] = await Promise.all([startRedis(), startRedis()])
  try {
    const deep = await startFleet(deepRedis.url, {...small, deepest: messages})
    const empty = await startFleet(emptyRedis.url, small)
    const rows: Row[] = []
    const commands: [words: string[], shown: string][] = [
      [['queues'], '`hub-mon queues`'],
      [['doctor'], '`hub-mon doctor`'],
      [['tasks'], '`hub-mon tasks`'],
    ]
    for (const [words, shown] of commands) {
      const side = (name: string, url: string): Side => ({
        name,
        time: () => timeProcess(hubMon(...words, '--redis-url', url)),
      })
      rows.push(
        await run({
          own: side(`${shown}, a million messages wait`, deepRedis.url),
          beside: side(`${shown}, none waits`, emptyRedis.url),
          aim,
          rounds,
        }),
      )
    }
    await Promise.all([deep.stop(), empty.stop()])
    return rows
  } finally {
    await Promise.all([deepRedis.stop(), emptyRedis.stop()])
  }
}
