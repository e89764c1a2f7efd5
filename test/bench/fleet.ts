import {startFleet} from '../fleet/start.ts'
import {measureHubMon} from '../services/measured.ts'
import {startRedis} from '../services/redis.ts'
import {median} from './race.ts'

export type FleetRow = {
  command: string
  seconds: number
  fleetCpuSeconds: number
  maxRssMegabytes: number
  rounds: number
}

const commands = [['workers'], ['workers', '--json'], ['queues'], ['tasks'], ['doctor'], ['doctor', '--json']]
export const aims = {seconds: 2, megabytes: 200}

/** 1,000 nodes and 200 queues, all of which answer. */
export async function fleetRows(rounds: number): Promise<FleetRow[]> {
  const redis = await startRedis()
  try {
    const fleet = await startFleet(redis.url)
    const rows: FleetRow[] = []
    for (const words of commands) {
      const measure = async () => {
        const before = await fleet.cpuSeconds()
        const {seconds, maxRssBytes} = await measureHubMon([...words, '--redis-url', redis.url])
        return {seconds, maxRss: maxRssBytes / 1e6, cpu: (await fleet.cpuSeconds()) - before}
      }
      await measure()
      const runs: Awaited<ReturnType<typeof measure>>[] = []
      for (let round = 0; round < rounds; round += 1) runs.push(await measure())
      const row = {
        command: `hub-mon ${words.join(' ')}`,
        seconds: median(runs.map(({seconds}) => seconds)),
        fleetCpuSeconds: median(runs.map(({cpu}) => cpu)),
        maxRssMegabytes: Math.max(...runs.map(({maxRss}) => maxRss)),
        rounds,
      }
      process.stderr.write(
        `${row.command}: ${row.seconds.toFixed(2)} s, ${row.maxRssMegabytes.toFixed(0)} MB\n`,
      )
      rows.push(row)
    }
    await fleet.stop()
    return rows
  } finally {
    await redis.stop()
  }
}

export function fleetTable(rows: readonly FleetRow[]): string {
  return [
    '| what | median s | aim | most memory, MB | aim | CPU of the nodes, s | rounds |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(
      ({command, seconds, fleetCpuSeconds, maxRssMegabytes, rounds}) =>
        `| \`${command}\` | ${seconds.toFixed(2)} | ≤ ${aims.seconds} | ${maxRssMegabytes.toFixed(0)} | ≤ ${aims.megabytes} | ${fleetCpuSeconds.toFixed(2)} | ${rounds} |`,
    ),
  ].join('\n')
}
