// Whole processes, interleaved with their yardstick, as ratios of medians. Not a test: nothing here passes or fails.
import {spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {cpus} from 'node:os'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const rounds = Number(process.env.BENCH_ROUNDS ?? 25)
// An extra CA bundle is parsed by Node 20 at every start and doubles the yardstick.
const {NODE_EXTRA_CA_CERTS: _bundle, ...environment} = process.env
const env = {...environment, NODE_ENV: 'production', NO_COLOR: '1'}
const project = process.env.BENCH_PROJECT ?? 'hub'
const worker = process.env.BENCH_WORKER ?? `${project}-celery-worker`

const hubMon = (...words) => [process.execPath, `${root}bin/run.js`, ...words]
const bareNode = [process.execPath, '-e', '0']
const inspectPing = [
  'docker',
  'exec',
  worker,
  'celery',
  '-A',
  process.env.HUB_CELERY_APP ?? 'app.celery_app',
  'inspect',
  'ping',
]
/** The engine's tick for CPU and memory is one to two seconds on engines before 25, whoever asks. */
const withoutTick = ['--skip', 'stack.cpu,stack.memory']

const races = [
  {name: 'hub-mon --version', command: hubMon('--version'), beside: bareNode, target: 1.5},
  {name: 'hub-mon --help', command: hubMon('--help'), beside: bareNode, target: 3.5},
  {
    name: 'hub-mon explain redis.reachable',
    command: hubMon('explain', 'redis.reachable'),
    beside: bareNode,
    target: 3.5,
  },
  {name: 'hub-mon config show', command: hubMon('config', 'show'), beside: bareNode, target: 3.5},
  {name: 'hub-mon doctor --list', command: hubMon('doctor', '--list'), beside: bareNode, target: 3.5},
  {
    name: "hub-mon doctor, healthy stack, without the engine's stats tick",
    command: hubMon('doctor', '--project-name', project, ...withoutTick),
    beside: inspectPing,
    target: 0.25,
    rounds: Math.ceil(rounds / 2),
    needsHub: true,
  },
  {
    name: 'hub-mon doctor, healthy stack, whole',
    command: hubMon('doctor', '--project-name', project),
    beside: inspectPing,
    target: null,
    rounds: 5,
    needsHub: true,
  },
]

const hubRuns = spawnSync('docker', ['exec', worker, 'true'], {env}).status === 0
if (!hubRuns)
  process.stderr.write(`no container ${worker}: the rows that need a hub are left out (hub-mon up)\n`)

const rows = []
for (const race of races.filter(({needsHub}) => hubRuns || !needsHub)) {
  const count = race.rounds ?? rounds
  time(race.command)
  time(race.beside)
  const own = []
  const other = []
  for (let round = 0; round < count; round += 1) {
    own.push(time(race.command))
    other.push(time(race.beside))
  }
  const ratio = median(own.map((ms, index) => ms / other[index]))
  rows.push({...race, own: median(own), other: median(other), ratio, rounds: count})
  process.stderr.write(`${race.name}: ${median(own).toFixed(0)} ms, ratio ${ratio.toFixed(2)}\n`)
}

const table = [
  '| what | median ms | beside | median ms | ratio | aim | rounds |',
  '| --- | ---: | --- | ---: | ---: | ---: | ---: |',
  ...rows.map(
    ({name, own, beside, other, ratio, target, rounds: count}) =>
      `| \`${name.replace(/,/, '`,')}${name.includes(',') ? '' : '`'} | ${own.toFixed(0)} | \`${label(beside)}\` | ${other.toFixed(0)} | ${ratio.toFixed(2)} | ${target === null ? '–' : `≤ ${target}`} | ${count} |`,
  ),
].join('\n')
process.stdout.write(`${table}\n`)
if (process.argv.includes('--write')) {
  const machine = `Node ${process.version}, ${cpus().length} cores, ${process.platform}-${process.arch}`
  writeFileSync(`${root}docs/performance.md`, page(table, machine, new Date().toISOString().slice(0, 10)))
}

function page(rowsAsTable, machine, day) {
  return `# Performance

Start-up is a feature: an operator types \`hub-mon doctor\` many times in an incident, a script every minute. Every figure is a whole process beside a yardstick
in the same run, interleaved; trust the ratios, not the milliseconds. \`npm run bench -- --write\` makes this page anew (with a hub running: \`hub-mon up\`).

Measured on ${day}: ${machine}.

${rowsAsTable}

- The yardstick of \`doctor\` is \`celery inspect ping\` inside the worker's container: it starts a Python, imports the application and waits its full second for nodes that may
  still answer. \`doctor\` asks all nodes, Docker, Compose, Redis and Flower at once and is done when every subscribed node has answered.
- CPU and memory come from the engine's own statistics. Engines before 25 take one to two seconds for a sample, whoever asks; \`--skip stack.cpu,stack.memory\` leaves that out.
- What makes the start-up: [ADR 0003](adr/0003-one-bundle-few-files.md).
`
}

function label(command) {
  return command[0] === process.execPath ? 'node -e 0' : 'celery inspect ping'
}

function time([program, ...words]) {
  const start = performance.now()
  const {error} = spawnSync(program, words, {env, stdio: ['ignore', 'ignore', 'ignore'], cwd: root})
  if (error) throw error
  return performance.now() - start
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
