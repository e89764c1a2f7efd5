// No check cries wolf: doctor, again and again, on a healthy hub that works. Takes half an hour; SOAK_RUNS=5 SOAK_PAUSE=2 for a taste.
import {spawn, spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const runs = Number(process.env.SOAK_RUNS ?? 200)
const pauseSeconds = Number(process.env.SOAK_PAUSE ?? 8.5)
const project = `t-soak-${process.pid}`
const env = {...process.env, FLOWER_PORT: '0', NO_COLOR: '1'}
const hubMon = (...words) =>
  spawnSync(process.execPath, [`${root}bin/run.js`, ...words, '--project-name', project], {
    env,
    cwd: root,
    encoding: 'utf8',
  })

// Beside it, a hub of two nodes that are restarted and scaled, one at a time.
const nodes = new Promise(resolve =>
  spawn(process.execPath, ['--import', 'tsx', `${root}test/bench/soak-nodes.ts`], {
    cwd: root,
    stdio: 'inherit',
  }).once('close', resolve),
)

let alarms = 0
let slowest = 0
const up = hubMon('up')
process.stderr.write(up.stderr)
try {
  if (up.status !== 0) throw new Error('the hub did not come up')
  // Succeeds, but for what the bounds allow; ends by itself when we are gone.
  const seconds = Math.ceil(runs * (pauseSeconds + 6))
  const traffic = [
    'exec',
    `${project}-celery-worker`,
    'hub-traffic',
    '--duration',
    `${seconds}s`,
    '--rate',
    '4',
  ]
  const sender = spawn('docker', [...traffic, '--mix', 'quick=94,slow=2,retrying=1,scheduled=3'], {
    stdio: 'ignore',
  })
  for (let run = 1; run <= runs; run += 1) {
    const start = performance.now()
    const {stdout} = hubMon('doctor', '--json')
    slowest = Math.max(slowest, performance.now() - start)
    const {findings} = JSON.parse(stdout).data
    for (const {check, status, message} of findings) {
      if (!['critical', 'unknown', 'warning'].includes(status)) continue
      alarms += 1
      process.stdout.write(`run ${run}: ${status} ${check}: ${message}\n`)
    }
    await new Promise(resolve => setTimeout(resolve, pauseSeconds * 1000))
  }
  sender.kill()
} finally {
  hubMon('down', '--volumes', '--yes')
}
process.stdout.write(
  `${runs} runs, ${alarms} false alarms, the slowest took ${(slowest / 1000).toFixed(1)} s\n`,
)
process.exitCode = alarms === 0 && (await nodes) === 0 ? 0 : 1
