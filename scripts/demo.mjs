#!/usr/bin/env node
// The whole way once: sets up, brings the hub up, sends tasks through it, and reads the diagnosis and the figures.

import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const project = process.env.HUB_MON_PROJECT_NAME || process.env.COMPOSE_PROJECT_NAME || 'hub'
const worker = `${project}-celery-worker`
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
const hubMon = (words, more) =>
  run(process.execPath, ['bin/run.js', ...words], {shown: `node bin/run.js ${words.join(' ')}`, ...more})

function cleanUp() {
  say('\nTo clean up:')
  say('  node bin/run.js down --volumes           # the hub, with its messages and its history')
  say('  node scripts/setup.mjs --stop-engine     # the Docker engine, if the set-up started it')
  say('  node scripts/setup.mjs --changes         # what the set-up changed here, and how to undo it')
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
say(`  docker exec ${worker} hub-traffic --duration 5m --rate 2     # more tasks`)
say('  node bin/run.js logs --follow            # what the services say')
say('  node bin/run.js open                     # Flower, in the browser')
say(`  docker stop ${worker}; node bin/run.js doctor   # break it, and see`)
say('  node bin/run.js --help')
cleanUp()
