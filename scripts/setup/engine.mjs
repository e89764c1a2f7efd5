import {spawn} from 'node:child_process'
import {closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {changed, noteEngine, startedEngine, stateFolder, unchanged} from './record.mjs'
import {ask, hasSystemd, isRoot, Stop, say, show, tail, which} from './system.mjs'

const log = join(stateFolder, 'dockerd.log')
const stopCommand = 'node scripts/setup.mjs --stop-engine'
const running = 'a Docker engine, started by hand (no systemd here)'

/** Is there an engine that answers? Asked through `docker`, so that DOCKER_HOST and contexts count. */
export function engine() {
  if (!which('docker')) return {state: 'no-client', reason: 'there is no docker command'}
  const answer = ask('docker', ['version', '--format', '{{.Server.Version}}'], {timeout: 8_000})
  if (answer.ok && answer.stdout) return {state: 'ready', version: answer.stdout}
  const reason = tail(answer.stderr, 1) || 'docker version said nothing'
  if (/permission denied/i.test(reason)) return {state: 'forbidden', reason}
  return {state: isElsewhere() ? 'elsewhere' : 'down', reason}
}

/** The user named another engine than this machine's own: starting one here would not be the one they meant. */
function isElsewhere() {
  if (process.env.DOCKER_HOST) return true
  const context = ask('docker', ['context', 'show'])
  return context.ok && context.stdout !== '' && context.stdout !== 'default'
}

/** Starts the engine that is installed here. */
export async function startEngine() {
  if (hasSystemd()) {
    if ((await show('systemctl', ['start', 'docker'])) !== 0)
      throw new Stop('systemd could not start Docker', ['journalctl -u docker -n 20'])
    changed('the service docker, started through systemd', 'systemctl stop docker.socket docker')
  } else {
    await mountCgroups()
    chooseIptables()
    forgetDeadEngine()
    await launch()
  }
}

/** dockerd as a process of its own, that outlives this script. */
async function launch() {
  mkdirSync(stateFolder, {recursive: true})
  const output = openSync(log, 'w')
  const child = spawn(which('dockerd') ?? 'dockerd', [], {
    detached: true,
    env: {...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`},
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let ended = null
  child.on('error', error => {
    ended = error.message
  })
  child.on('exit', code => {
    ended = `exit code ${code}`
  })
  for (let waited = 0; waited < 300 && ended === null; waited++) {
    if (engine().state === 'ready') {
      child.unref()
      noteEngine({pid: child.pid, startTime: startTimeOf(child.pid)})
      changed(running, stopCommand)
      return
    }
    await sleep(100)
  }
  const last = existsSync(log) ? tail(readFileSync(log, 'utf8')) : ''
  if (ended === null) child.kill('SIGTERM')
  throw new Stop(`dockerd did not come up (${ended ?? 'not ready within 30 s'}):\n${last}`, [`less ${log}`])
}

/** Without systemd nobody may have mounted the control groups; dockerd needs the version 1 or 2 hierarchy. */
async function mountCgroups() {
  const mounts = readFileSync('/proc/mounts', 'utf8')
  if (/ cgroup2 /.test(mounts) || / cgroup [^ ]*\bdevices\b/.test(mounts)) return
  if (!which('cgroupfs-mount'))
    throw new Stop('control groups are not mounted, and dockerd cannot run without them', [
      'apt-get install cgroupfs-mount && cgroupfs-mount',
    ])
  if ((await show('cgroupfs-mount', [])) !== 0) throw new Stop('cgroupfs-mount failed')
  changed('control groups mounted below /sys/fs/cgroup', 'cgroupfs-umount')
}

/** Kernels without nf_tables refuse the default iptables, and then dockerd cannot make its bridge. */
function chooseIptables() {
  const iptables = which('iptables')
  if (!iptables || ask(iptables, ['-t', 'nat', '-nL']).ok) return
  for (const family of ['iptables', 'ip6tables']) {
    const legacy = `/usr/sbin/${family}-legacy`
    if (!existsSync(legacy) || !ask('update-alternatives', ['--set', family, legacy]).ok) continue
    changed(`${family} set to ${legacy}`, `update-alternatives --auto ${family}`)
  }
}

/**
 * A dockerd that was killed leaves its pid files, and the next one takes whoever bears that pid for itself: a
 * stranger, or a zombie that nobody reaps. Only files of a process that is certainly not an engine are removed.
 */
function forgetDeadEngine() {
  for (const file of ['/var/run/docker.pid', '/var/run/docker/containerd/containerd.pid']) {
    if (!existsSync(file)) continue
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    if (isAlive(pid) && /dockerd|containerd/.test(nameOf(pid))) continue
    rmSync(file)
  }
}

function stat(pid) {
  try {
    // The name is in brackets and may hold anything: what counts comes after the last one.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}
const isAlive = pid => !['Z', 'X', undefined].includes(stat(pid)?.[0])
const startTimeOf = pid => stat(pid)?.[19] ?? null
function nameOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Ends the engine that an earlier run of this script started, and no other. */
export async function stopEngine() {
  const ours = startedEngine()
  // A pid is given to somebody else one day: its start time tells whether it is still the same process.
  if (!ours || !isAlive(ours.pid) || startTimeOf(ours.pid) !== ours.startTime) {
    noteEngine(null)
    unchanged(running)
    say('There is no Docker engine running that this script started: nothing to stop.')
    return
  }
  if (!isRoot()) throw new Stop(`stopping dockerd (pid ${ours.pid}) needs root`, [`sudo ${stopCommand}`], 77)
  say(`Stopping the Docker engine (pid ${ours.pid}) and the containers in it`)
  process.kill(ours.pid, 'SIGTERM')
  for (let waited = 0; isAlive(ours.pid); waited++) {
    // dockerd gives each container its stop time; a worker may be in the middle of a task.
    if (waited >= 1200)
      throw new Stop(`dockerd (pid ${ours.pid}) has not ended within 2 minutes`, [`tail ${log}`])
    await sleep(100)
  }
  noteEngine(null)
  unchanged(running)
  say('Stopped. Images and volumes are kept.')
}
