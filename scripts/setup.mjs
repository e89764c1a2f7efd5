#!/usr/bin/env node
// Sets up what hub-mon needs on this machine, and nothing that is there already: npm packages, the built program, a
// Docker engine, Compose, the images. Runs before there are npm packages, so it uses Node alone.

import {createInterface} from 'node:readline/promises'
import {candidate, install, isInstalled, refreshLists} from './setup/apt.mjs'
import {compose, installComposeV2} from './setup/compose.mjs'
import {engine, startEngine, stopEngine} from './setup/engine.mjs'
import {images} from './setup/images.mjs'
import {build, checkNode, dependencies} from './setup/project.mjs'
import {allChanges, freshChanges} from './setup/record.mjs'
import {hasSystemd, isDebianOrUbuntu, isRoot, list, osRelease, Stop, say, which} from './setup/system.mjs'

const usage = `usage: node scripts/setup.mjs [options]

Sets up what hub-mon needs here; does nothing where it is there already.

  --yes          install on the system without asking (also without a terminal)
  --no-engine    npm packages and the build only: no Docker, no images
  --tests        also what the tests run beside the containers: Redis and Celery of the distribution
  --ci           --yes --tests, and Compose v1 beside v2
  --stop-engine  end the Docker engine that this script started, and nothing else
  --changes      list what was changed on this machine so far, and how to undo it

Exit codes: 0 done, 64 usage or declined, 69 something is missing or failed, 77 no permission.
`

const known = ['--yes', '--no-engine', '--tests', '--ci', '--stop-engine', '--changes', '--help']

async function main(words) {
  const unknown = words.find(word => !known.includes(word))
  if (unknown) throw new Stop(`unknown option ${unknown}`, ['node scripts/setup.mjs --help'], 64)
  const has = word => words.includes(word)
  if (has('--help')) return process.stdout.write(usage)
  if (has('--changes')) return tellChanges(allChanges(), 'Nothing was changed on this machine.')
  if (has('--stop-engine')) return stopEngine()

  const ci = has('--ci') || Boolean(process.env.CI)
  checkNode()
  if (!has('--no-engine')) {
    const steps = plan({ci, tests: ci || has('--tests')})
    if (steps.length > 0) await consent(steps, ci || has('--yes'))
    for (const step of steps) await step.run()
    tellEngine()
  }
  dependencies()
  build()
  if (!has('--no-engine')) await images({tests: ci || has('--tests')})
}

/** What has to be done on the system: `{what, run}` each. Stops where that is not ours to do. */
function plan({ci, tests}) {
  const steps = []
  const found = engine()
  if (found.state === 'forbidden')
    throw new Stop(
      `no permission to use the Docker engine (${found.reason})`,
      ['sudo usermod -aG docker "$USER"   # then log in again', 'sudo -E npm run demo'],
      77,
    )
  if (found.state === 'elsewhere')
    throw new Stop(
      `the Docker engine of DOCKER_HOST or the docker context does not answer (${found.reason})`,
      ['docker version', 'unset DOCKER_HOST   # to use the engine of this machine'],
    )
  if (found.state !== 'ready') steps.push(...engineSteps())

  const there = compose()
  if (there.v2 === null && (ci || there.v1 === null)) steps.push(composeStep())
  if (ci && there.v1 === null && isDebianOrUbuntu())
    steps.push({
      what: 'Compose v1 (package docker-compose), where this system still has it',
      run: installComposeV1,
    })
  if (tests && isDebianOrUbuntu()) steps.push(...testSteps())
  if (steps.some(step => step.root) && !isRoot()) refuse(steps)
  return steps
}

function engineSteps() {
  const start = {
    what: 'start the Docker engine (dockerd)',
    run: startEngine,
    root: true,
    byHand: hasSystemd() ? 'systemctl start docker' : 'dockerd &',
  }
  if (process.platform === 'linux' && which('docker') && which('dockerd')) return [start]
  if (process.platform !== 'linux' || !isDebianOrUbuntu()) refuseSystem()
  const packages = () => [
    'docker.io',
    'iptables',
    'ca-certificates',
    ...(candidate('docker-cli') ? ['docker-cli'] : []),
  ]
  return [
    {
      what: 'install the Docker engine: packages docker.io, iptables, ca-certificates, docker-cli (where it is one)',
      // Which packages there are is known once the lists are there: a bare machine has none.
      run: () => {
        refreshLists()
        install(packages(), 'the Docker engine')
      },
      root: true,
      byHand: 'apt-get install docker.io iptables ca-certificates',
    },
    start,
  ]
}

function composeStep() {
  if (!isDebianOrUbuntu()) refuseSystem()
  return {
    what: "install Compose v2 (this system's package, or Debian 13's unpacked into ~/.docker/cli-plugins)",
    run: installComposeV2,
    // Unpacked for this user alone on Debian 12; a package everywhere else.
    root: osRelease().codename !== 'bookworm',
    byHand: `apt-get install ${osRelease().id === 'ubuntu' ? 'docker-compose-v2' : 'docker-compose'}`,
  }
}

function installComposeV1() {
  refreshLists()
  if (/^(\d+:)?1\./.test(candidate('docker-compose') ?? '')) install(['docker-compose'], 'Compose v1')
  else say('  This system has no Compose v1: the tests with it cannot run here')
}

function testSteps() {
  const packages = [
    ...['redis-server', 'redis-tools', 'celery', 'python3-redis', 'openssl', 'faketime', 'curl', 'iproute2'],
    ...['prometheus', 'prometheus-alertmanager'],
  ].filter(name => !isInstalled(name))
  if (packages.length === 0) return []
  return [
    {
      what: `install what the tests run beside the containers: packages ${packages.join(', ')} (no service is started)`,
      run: () => install(packages, 'for the tests', {quiet: true}),
      root: true,
      byHand: `apt-get install ${packages.join(' ')}`,
    },
  ]
}

function refuse(steps) {
  const commands = steps.filter(step => step.root).map(step => `sudo ${step.byHand}`)
  throw new Stop(
    'there is no Docker engine that works here, or something else is missing, and to install it needs root',
    [...commands, 'sudo usermod -aG docker "$USER"   # then log in again, and come back'],
    77,
  )
}

function refuseSystem() {
  const name = osRelease()?.name ?? process.platform
  throw new Stop(`hub-mon needs a Docker engine and Compose, and cannot install them on ${name}`, [
    'install Docker Engine and the Compose plugin: https://docs.docker.com/engine/install/',
    'docker version && docker compose version   # both must answer; then come back',
  ])
}

/** Asks once, for all of it. Without a terminal nobody can answer: then it is said, and done. */
async function consent(steps, yes) {
  say('To be done on this machine:')
  for (const {what} of steps) say(`  - ${what}`)
  if (yes || !process.stdin.isTTY) return
  const terminal = createInterface({input: process.stdin, output: process.stdout})
  // Ctrl-C and Ctrl-D answer, too: with no.
  const stop = new AbortController()
  let interrupted = false
  terminal
    .on('close', () => stop.abort())
    .on('SIGINT', () => {
      interrupted = true
      stop.abort()
    })
  const answer = await terminal.question('Go on? [y/N] ', {signal: stop.signal}).catch(() => '\n')
  terminal.close()
  if (/^y(es)?$/i.test(answer.trim())) return
  if (answer === '\n') say('') // the question's line has not ended
  const byHand = steps.filter(step => step.byHand).map(step => step.byHand)
  throw new Stop('nothing was changed; by hand it would be:', byHand, interrupted ? 130 : 64)
}

function tellEngine() {
  const {state, version, reason} = engine()
  if (state !== 'ready') throw new Stop(`the Docker engine does not answer (${reason})`, ['docker version'])
  const {v2, v1} = compose()
  if (v2 === null && v1 === null) throw new Stop('there is no Compose', ['docker compose version'])
  say(`✓ Docker engine ${version}, Compose ${list([v2, v1].filter(Boolean))}`)
}

function tellChanges(changes, otherwise) {
  if (changes.length === 0) return otherwise && say(otherwise)
  say('Changed on this machine, and how to undo it:')
  for (const {what, undo} of changes) say(`  - ${what}\n      ${undo}`)
}

try {
  await main(process.argv.slice(2))
  tellEnd()
} catch (error) {
  tellEnd()
  if (!(error instanceof Stop)) throw error
  process.stderr.write(`setup: ${error.message}\n`)
  for (const line of error.next) process.stderr.write(`  → ${line}\n`)
  process.exitCode = error.code
}

function tellEnd() {
  tellChanges(freshChanges())
  if (freshChanges().length > 0) say('  This list is kept: node scripts/setup.mjs --changes')
}
