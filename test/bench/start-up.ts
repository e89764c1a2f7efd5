import {spawnSync} from 'node:child_process'
import {hubMon, type Row, run, type Side, timeProcess} from './race.ts'

const project = process.env.BENCH_PROJECT ?? 'hub'
const worker = process.env.BENCH_WORKER ?? `${project}-celery-worker`
const application = process.env.HUB_CELERY_APP ?? 'app.celery_app'
/** The engine's tick for CPU and memory is one to two seconds on engines before 25, whoever asks. */
const withoutTick = ['--skip', 'stack.cpu,stack.memory']

const bareNode: Side = {
  name: '`node -e 0`',
  time: () => timeProcess({program: process.execPath, words: ['-e', '0']}),
}
const inspectPing: Side = {
  name: '`celery inspect ping`',
  time: () =>
    timeProcess({program: 'docker', words: ['exec', worker, 'celery', '-A', application, 'inspect', 'ping']}),
}

/** Start-up, and `doctor` on a running hub where there is one. */
export async function startUpRows(rounds: number): Promise<Row[]> {
  const rows: Row[] = []
  const starts: [words: string[], aim: number][] = [
    [['--version'], 1.5],
    [['--help'], 3.5],
    [['explain', 'redis.reachable'], 3.5],
    [['config', 'show'], 3.5],
    [['doctor', '--list'], 3.5],
  ]
  for (const [words, aim] of starts)
    rows.push(await run({own: side(`\`hub-mon ${words.join(' ')}\``, words), beside: bareNode, aim, rounds}))
  if (spawnSync('docker', ['exec', worker, 'true']).status !== 0) {
    process.stderr.write(`no container ${worker}: the rows that need a hub are left out (hub-mon up)\n`)
    return rows
  }
  const doctor = ['doctor', '--project-name', project]
  const quick = side("`hub-mon doctor`, healthy stack, without the engine's stats tick", [
    ...doctor,
    ...withoutTick,
  ])
  rows.push(await run({own: quick, beside: inspectPing, aim: 0.25, rounds: Math.ceil(rounds / 2)}))
  const whole = side('`hub-mon doctor`, healthy stack, whole', doctor)
  rows.push(await run({own: whole, beside: inspectPing, aim: null, rounds: 5}))
  return rows
}

function side(name: string, words: string[]): Side {
  return {name, time: () => timeProcess(hubMon(...words))}
}
