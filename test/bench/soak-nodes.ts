// No check cries wolf on a busy hub of two nodes, one of which is restarted or scaled at a time. Half an hour; SOAK_RUNS=5 for a taste.
//   node --import tsx test/bench/soak-nodes.ts
import {onHostHub} from '../services/host-hub.ts'
import {soak} from '../services/soak.ts'

const runs = Number(process.env.SOAK_RUNS ?? 200)
const pauseSeconds = Number(process.env.SOAK_PAUSE ?? 8)

await onHostHub({}, async hub => {
  const tell = (line: string) => process.stdout.write(`${line}\n`)
  const {falseAlarms, changes, told, slowestSeconds} = await soak(hub, {runs, pauseSeconds, tell})
  process.stdout.write(
    `${runs} runs on 2 nodes with ${changes} changes, ${falseAlarms.length} false alarms, ${told} of nodes that were away, the slowest took ${slowestSeconds.toFixed(1)} s\n`,
  )
  process.exitCode = falseAlarms.length === 0 ? 0 : 1
})
