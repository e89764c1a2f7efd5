import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'

const root = fileURLToPath(new URL('../../src', import.meta.url))
const files = readdirSync(root, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'))

/** What the command line wires together. */
const wired = [
  ...['checks', 'config', 'errors', 'metrics', 'render', 'report', 'snapshot', 'sources'],
  ...['stack', 'broker', 'history', 'alerts', 'exporter', 'bundle', 'secrets', 'redis-users'],
]

/** Which rooms a room may take from, beside itself. `types` after a name: types alone. */
const allowed: Record<string, string[]> = {
  commands: ['cli', ...wired],
  cli: wired,
  bundle: ['errors', 'snapshot', 'sources', 'render/text'],
  history: ['errors', 'snapshot', 'sources'],
  broker: ['errors', 'report', 'snapshot', 'sources', 'render/text'],
  stack: [
    'broker',
    'config/production',
    'errors',
    'redis-users',
    'report',
    'secrets',
    'snapshot',
    'sources',
    'render/text',
  ],
  secrets: ['errors', 'redis-users', 'report', 'snapshot', 'sources', 'render/text'],
  'redis-users': [],
  sources: ['config', 'errors', 'snapshot'],
  config: ['alerts/notify', 'errors', 'metrics', 'snapshot'],
  render: ['alerts', 'report', 'metrics', 'checks', 'snapshot'],
  exporter: ['errors'],
  report: ['metrics', 'snapshot'],
  checks: ['errors', 'metrics', 'redis-users', 'render/text', 'report', 'secrets', 'snapshot'],
  alerts: ['checks', 'errors', 'metrics', 'render/text', 'report', 'snapshot', 'sources'],
  metrics: ['report', 'snapshot'],
  snapshot: ['errors'],
  errors: [],
}

/** One third-party library lives in one folder. */
const homes: Record<string, string[]> = {
  ioredis: ['sources/redis', 'sources/celery', 'history'],
  dockerode: ['sources/docker'],
  execa: ['sources/compose', 'stack'],
  listr2: ['cli/progress.ts'],
  'cli-table3': ['render'],
  '@oclif/core': ['cli', 'commands'],
  valibot: ['config'],
  'modern-tar': ['bundle'],
  bcryptjs: ['secrets'],
}

/** These are loaded where they are used, because start-up time is a feature. */
const lazy = ['ioredis', 'dockerode', 'execa', 'listr2', 'cli-table3', 'yaml', 'modern-tar', 'bcryptjs']

type Import = {from: string; to: string; typeOnly: boolean}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8')
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'/gms)
  return [...statements].map(match => ({from: file, to: match[2] ?? '', typeOnly: match[1] !== undefined}))
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? file
}

/** What of the alerts is pure: all but telling of them and keeping them. */
function isJudgingAlerts(file: string): boolean {
  return /^alerts\/[^/]+$/.test(file)
}

const imports = files.flatMap(importsOf)
const inner = imports
  .filter(({to}) => to.startsWith('.'))
  .map(one => ({...one, target: path.join(path.dirname(one.from), one.to)}))
const outer = imports.filter(({to}) => !to.startsWith('.') && !to.startsWith('node:'))

describe('the house', () => {
  it('has imports to look at', () => {
    expect(inner.length).toBeGreaterThan(50)
  })

  it('lets data flow one way', () => {
    const wrong = inner
      .filter(({from, target}) => {
        const [own, other] = [roomOf(from), roomOf(target)]
        return own !== other && !(allowed[own] ?? []).some(room => target.startsWith(`${room}/`))
      })
      .map(({from, target}) => `${from} → ${target}`)
    expect(wrong).toEqual([])
  })

  it('judges and prints without reading the world', () => {
    const world =
      /'node:(fs|net|http|https|child_process|os|dns|tls)(\/promises)?'|process\.(env|stdout|stderr|argv)/
    const reading = files
      .filter(
        file => ['checks', 'metrics', 'render', 'report'].includes(roomOf(file)) || isJudgingAlerts(file),
      )
      .filter(file => world.test(readFileSync(path.join(root, file), 'utf8')))
    expect(reading).toEqual([])
  })

  it('keeps each library in its folder', () => {
    const strayed = outer
      .filter(({from, to}) => homes[to] !== undefined && !homes[to].some(home => from.startsWith(home)))
      .map(({from, to}) => `${from} → ${to}`)
    expect(strayed).toEqual([])
  })

  it('loads heavy libraries where they are used', () => {
    const eager = outer
      .filter(({to, typeOnly}) => lazy.includes(to) && !typeOnly)
      .map(({from, to}) => `${from} → ${to}`)
    expect(eager).toEqual([])
  })

  it('has no barrels, no utils, no helpers', () => {
    expect(files.filter(file => /(^|\/)(index|utils?|helpers?|misc|common)(\.ts|\/)/.test(file))).toEqual([])
  })

  it('limits time by what garbage collection cannot take away', () => {
    const lost = files.filter(file =>
      readFileSync(path.join(root, file), 'utf8').includes('AbortSignal.timeout('),
    )
    expect(lost).toEqual(['sources/time-limit.ts'])
  })

  it('writes to the streams in the command line alone', () => {
    const writers = files
      .filter(file =>
        /process\.(stdout|stderr)\.write|console\./.test(readFileSync(path.join(root, file), 'utf8')),
      )
      .filter(file => !['cli', 'commands'].includes(roomOf(file)))
    expect(writers).toEqual([])
  })
})
