import {appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {changed, stateFolder} from './record.mjs'
import {ask, hasSystemd, isRoot, list, Stop, say, tail} from './system.mjs'

export const aptLog = join(stateFolder, 'apt.log')
const minutes = 60_000

/** Runs apt-get, keeps its words in a log, and stops with its last ones when it fails. */
export function apt(args, {why, cwd} = {}) {
  mkdirSync(stateFolder, {recursive: true})
  const done = ask('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    cwd,
    env: {DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8'},
    timeout: 10 * minutes,
  })
  appendFileSync(aptLog, `$ apt-get ${args.join(' ')}\n${done.stdout}\n${done.stderr}\n`)
  if (!done.ok)
    throw new Stop(`apt-get failed ${why}:\n${tail(done.stderr || done.stdout)}`, [`less ${aptLog}`])
  return done.stdout
}

let refreshed = false
/** The package lists, once a run: an image of a bare machine has none. Only root can; others take them as they are. */
export function refreshLists() {
  if (refreshed || !isRoot()) return
  say("Refreshing apt's package lists")
  apt(['update', '-q'], {why: "to refresh apt's package lists"})
  refreshed = true
}

// Written apart: they are dpkg-query's own placeholders, not ours.
const field = name => `$\{${name}}`

export const isInstalled = name =>
  / installed$/.test(ask('dpkg-query', ['-W', '-f', field('Status'), name]).stdout)

/** The version that apt would install, or `null`. */
export function candidate(name) {
  const version = /^\s*Candidate:\s*(\S+)$/m.exec(ask('apt-cache', ['policy', name]).stdout)?.[1]
  return version && version !== '(none)' ? version : null
}

const installedNow = () =>
  new Set(ask('dpkg-query', ['-W', '-f', `${field('Package')}\\n`]).stdout.split('\n'))

/**
 * Installs packages, and notes exactly the ones that were not there before: dependencies, too.
 * @param {string[]} names
 * @param {string} why told beside them
 * @param {{quiet?: boolean}} [options] `quiet`: programs are wanted, and no service that starts with the machine
 */
export function install(names, why, {quiet = false} = {}) {
  const missing = names.filter(name => !isInstalled(name))
  if (missing.length === 0) return
  refreshLists()
  say(`Installing ${list(missing)} (${why})`)
  const before = installedNow()
  const release = quiet || !hasSystemd() ? holdServices() : () => {}
  try {
    apt(['install', '-y', '-q', '--no-install-recommends', ...missing], {why: `to install ${list(missing)}`})
  } finally {
    release()
    const added = [...installedNow()].filter(name => name && !before.has(name)).sort()
    if (added.length > 0)
      changed(
        `packages ${missing.join(' ')} (${added.length} with what they need)`,
        `apt-get purge ${added.join(' ')}`,
      )
  }
}

/** A service that is installed is started at once, behind our back; without systemd it is out of our reach, too. */
function holdServices() {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return () => {}
  writeFileSync(policy, '#!/bin/sh\nexit 101\n')
  chmodSync(policy, 0o755)
  return () => rmSync(policy, {force: true})
}

/** The mirrors of this machine's distribution, as apt knows them: `{uri, release}`. */
export function ownMirrors() {
  const format = '$(REPO_URI) $(RELEASE) $(ORIGIN) $(LABEL)'
  const lines = () =>
    ask('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
      .stdout.split('\n')
      .filter(Boolean)
  if (lines().length === 0) refreshLists()
  return lines().map(line => {
    const [uri, release, origin, label] = line.split(' ')
    return {uri, release, origin, label}
  })
}
