#!/usr/bin/env node
// The whole way once: sets up, brings the hub up, sends tasks through it, and reads the diagnosis and the figures.

import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const project = process.env.HUB_MON_PROJECT_NAME || process.env.COMPOSE_PROJECT_NAME || 'hub'
const worker = `${project}-celery-worker`
// Another name than the file's own is told with every command: typed in another shell, they must not mean another hub.
const command = ['bin/run.js', ...(project === 'hub' ? [] : ['--project-name', project])]
// Verdicts of doctor and stats: said, and no reason to stop.
const verdicts = ['ok', 'a warning', 'something critical', 'could not tell']

const say = line => process.stdout.write(`${line}\n`)
const options = process.argv.slice(2)
if (options.some(option => option !== '--yes')) {
  process.stderr.write('usage: npm run demo [-- --yes]   (--yes: install what is missing without asking)\n')
  process.exit(64)
}

/** Runs a program where it can be read and answered, and ends with its exit code when that is not one of `fine`. */
async function run(program, args, {shown, fine = [0]} = {}) {
  if (shown) say(`\n$ ${shown}`)
  const child = spawn(program, args, {cwd: root, stdio: 'inherit'})
  // Ctrl-C reaches the program itself; we wait for it to end in its own way.
  const wait = () => {}
  process.on('SIGINT', wait)
  const code = await new Promise(resolve => {
    child.on('error', error => {
      process.stderr.write(`${program}: ${error.message}\n`)
      resolve(69)
    })
    child.on('close', (exit, signal) => resolve(exit ?? (signal === 'SIGINT' ? 130 : 143)))
  })
  process.off('SIGINT', wait)
  if (fine.includes(code)) return code
  process.stderr.write(`\nThe demo stops here: ${shown ?? 'the set-up'} ended with ${code}.\n`)
  if (shown) cleanUp()
  process.exit(code)
}
const typed = (...words) => ['node', command[0], ...words, ...command.slice(1)].join(' ')
const hubMon = (words, more) =>
  run(process.execPath, [command[0], ...words, ...command.slice(1)], {shown: typed(...words), ...more})
const hint = (what, why) => say(`  ${what.padEnd(50)} # ${why}`)

function cleanUp() {
  say('\nTo clean up:')
  hint(typed('down', '--volumes'), 'the hub, with its messages and its history')
  hint('node scripts/setup.mjs --stop-engine', 'the Docker engine, if the set-up started it')
  hint('node scripts/setup.mjs --changes', 'what the set-up changed here, and how to undo it')
}

await run(process.execPath, ['scripts/setup.mjs', ...options])
await hubMon(['up'])
// Some seconds at ten tasks a second; a minute at most for the last of them. 75: some were still running then.
const traffic = ['exec', worker, 'hub-traffic', '--count', '60', '--wait', '60s']
await run('docker', traffic, {shown: `docker ${traffic.join(' ')}`, fine: [0, 75]})
const verdict = await hubMon(['doctor'], {fine: [0, 1, 2, 3]})
await hubMon(['stats'], {fine: [0, 1, 2, 3]})

if (verdict !== 0)
  say(`\ndoctor ended with ${verdict}: ${verdicts[verdict]}. Its lines above say what to type.`)
say('\nThe hub is running. What to type next:')
hint(`docker exec ${worker} hub-traffic --duration 5m`, 'more tasks')
hint(typed('logs', '--follow'), 'what the services say')
hint(typed('open'), 'Flower, in the browser')
hint(`docker stop ${worker}; ${typed('doctor')}`, 'break it, and see')
hint('node bin/run.js --help', 'everything else')
cleanUp()
