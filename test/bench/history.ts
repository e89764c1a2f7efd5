import {reachRedis} from '../../src/sources/redis/reach.ts'
import {startRedis} from '../services/redis.ts'
import {writeWeeks} from '../services/weeks.ts'
import {hubMon, type Row, run, timeProcess} from './race.ts'

const aim = 1.2

/** A week of ten million tasks beside one of ten thousand: the cost must not grow with what was run. */
export async function historyRows(rounds: number): Promise<Row[]> {
  const [many, few] = await Promise.all([startRedis(), startRedis()])
  try {
    const weeks = [
      [many, 10_000_000],
      [few, 10_000],
    ] as const
    for (const [{url}, tasksAWeek] of weeks) {
      const reach = await reachRedis({url, stack: Promise.resolve(null)}, new AbortController().signal)
      if (reach.kind !== 'connected') throw new Error('a Redis on loopback is connected to')
      await writeWeeks(
        reach.connection.client,
        {prefix: 'hub-mon:', place: '0'},
        {tasksAWeek, now: Date.now() / 1000},
      )
      await reach.close()
    }
    const time = (url: string) => () => timeProcess(hubMon('stats', '--since', '7d', '--redis-url', url))
    return [
      await run({
        own: {name: '`hub-mon stats --since 7d`, ten million tasks', time: time(many.url)},
        beside: {name: 'the same, ten thousand', time: time(few.url)},
        aim,
        rounds,
      }),
    ]
  } finally {
    await Promise.all([many.stop(), few.stop()])
  }
}
