import {spawn, spawnSync} from 'node:child_process'
import {accessSync, constants, readFileSync} from 'node:fs'
import {delimiter, join} from 'node:path'

/** A reason to stop that a person can act upon: what failed, and what to type next. */
export class Stop extends Error {
  /**
   * @param {string} message what failed and why, on one line
   * @param {string[]} next what to type, a line each
   * @param {number} code 69 something is missing or failed, 77 permission, 64 usage
   */
  constructor(message, next = [], code = 69) {
    super(message)
    this.next = next
    this.code = code
  }
}

/** One line a step, so that a log and a terminal read the same. */
export function say(line) {
  process.stdout.write(`${line}\n`)
}

/** The path of a program, or `null`. Looks where root's programs are, too: a plain `su` leaves them out of PATH. */
export function which(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  for (const folder of folders.filter(Boolean)) {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return join(folder, program)
    } catch {
      // Not there: the next one.
    }
  }
  return null
}

/** Runs to the end and keeps what was said. Never throws: a program that is missing has the status `null`. */
export function ask(program, args, {timeout = 10_000, env = {}, cwd} = {}) {
  const done = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: {...process.env, ...env},
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  })
  const stderr = (done.stderr ?? '').trim()
  return {
    ok: done.status === 0,
    status: done.status,
    stdout: (done.stdout ?? '').trim(),
    stderr: stderr || (done.error?.code === 'ETIMEDOUT' ? `no answer within ${timeout / 1000} s` : stderr),
  }
}

/** Runs with our own streams, for programs that tell their progress. Resolves with the exit code. */
export function show(program, args, {env = {}, cwd} = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: {...process.env, ...env},
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

export const isRoot = () => process.getuid?.() === 0

/** Whether systemd runs this machine (the same question that sd_booted(3) asks). */
export function hasSystemd() {
  try {
    accessSync('/run/systemd/system')
    return true
  } catch {
    return false
  }
}

/** `/etc/os-release`, or `null` where there is none. */
export function osRelease() {
  let text
  try {
    text = readFileSync('/etc/os-release', 'utf8')
  } catch {
    return null
  }
  const fields = Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, key, value]) => [key, value.replace(/^"|"$/g, '')]),
  )
  return {
    id: fields.ID ?? '',
    codename: fields.VERSION_CODENAME ?? '',
    name: fields.PRETTY_NAME ?? fields.ID ?? '',
  }
}

/** Debian or Ubuntu themselves: a derivative's codename means nothing to their mirrors. */
export const isDebianOrUbuntu = () => ['debian', 'ubuntu'].includes(osRelease()?.id ?? '')

/** The last lines of a program's complaint, for a message. */
export const tail = (text, lines = 5) => text.trim().split('\n').slice(-lines).join('\n')

/** 'x', 'x and y', 'x, y and z'. */
export const list = words =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
