import type {Role} from './docker.ts'

/** Services that the configuration names for a role; a named role is given to no other service. */
export type RoleNames = {redis?: string; workers?: string[]; flower?: string}

const redisImages = new Set(['redis', 'valkey', 'redis-stack', 'redis-stack-server', 'keydb', 'dragonfly'])
const redisServers = new Set(['redis-server', 'valkey-server', 'keydb-server', 'dragonfly'])
/** Options of `celery` itself that take the next word as their value. */
const valuedOptions = new Set([
  '-A',
  '--app',
  '-b',
  '--broker',
  '--result-backend',
  '--loader',
  '--config',
  '--workdir',
])

/** What a service is to the hub: by the configuration, else by its command, its image and its name. */
export function roleOf(
  service: {name: string; image: string | null; command: readonly string[]},
  names: RoleNames = {},
): Role | null {
  if (names.redis === service.name) return 'redis'
  if (names.workers?.includes(service.name) === true) return 'worker'
  if (names.flower === service.name) return 'flower'
  const role = guess(service)
  const taken = {
    redis: names.redis,
    worker: names.workers,
    flower: names.flower,
    recorder: undefined,
    proxy: undefined,
  }
  return role !== null && taken[role] !== undefined ? null : role
}

function guess({
  name,
  image,
  command,
}: {
  name: string
  image: string | null
  command: readonly string[]
}): Role | null {
  const words = command.flatMap(part => part.split(/[\s;&|'"]+/)).filter(word => word !== '')
  const celery = celeryCommand(words)
  if (celery !== null) return celery === 'worker' ? 'worker' : celery === 'flower' ? 'flower' : null
  // A Sentinel is the same program, and holds no tasks.
  if (words.includes('--sentinel')) return null
  if (words.some(word => redisServers.has(baseName(word)))) return 'redis'
  const repository = baseName(image ?? '').replace(/[:@].*$/, '')
  if (isRecorder(words, image)) return 'recorder'
  if (redisImages.has(repository)) return words.some(word => word.includes('sentinel')) ? null : 'redis'
  if (repository === 'flower') return 'flower'
  if (repository === 'caddy' || isCaddy(words)) return 'proxy'
  if (words.length > 0 && image === null) return null
  if (/^(redis|valkey)$/i.test(name)) return 'redis'
  if (/^(celery[-_]?)?flower$/i.test(name)) return 'flower'
  if (/^(hub[-_]?)?proxy$/i.test(name)) return 'proxy'
  return /celery[-_]?worker/i.test(name) ? 'worker' : null
}

/** `caddy run`, whatever image it is from. */
function isCaddy(words: readonly string[]): boolean {
  return words.some((word, at) => baseName(word) === 'caddy' && words[at + 1] === 'run')
}

/** `hub-mon record`, by its name or as `node …/hub-mon/bin/run.js`; the image has the first words in it. */
function isRecorder(words: readonly string[], image: string | null): boolean {
  const at = words.indexOf('record')
  if (at < 0) return false
  const program = words[at - 1] ?? image ?? ''
  return /(^|\/)hub-mon(\/|$)/.test(program)
}

/** The sub-command of the first `celery` in a command line: `worker`, `beat`, `flower`; `null` without one. */
function celeryCommand(words: readonly string[]): string | null {
  for (let start = 0; start < words.length; start += 1) {
    if (baseName(words[start] ?? '') !== 'celery') continue
    for (let at = start + 1; at < words.length; at += 1) {
      const word = words[at] ?? ''
      if (valuedOptions.has(word)) at += 1
      else if (!word.startsWith('-')) return word
    }
  }
  return null
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
