import {closest} from '../errors/closest.ts'
import {HubError} from '../errors/hub-error.ts'
import {matchesGlob} from '../report/glob.ts'
import type {SourceId} from '../snapshot/reading.ts'
import {type Check, categories} from './check.ts'
import {checks as registry} from './registry.ts'

export type Choice = {
  /** Ids, globs (`redis.*`) and categories; none at all is every check. */
  only: readonly string[]
  /** Likewise; wins over `only`. */
  skip: readonly string[]
  phase: 'pre' | 'running'
}

/** The checks to judge, in the order of the registry, the sources to read for them, and how closely Celery is looked at. */
export type Selection = {
  checks: Check[]
  sources: ReadonlySet<SourceId>
  celery: NonNullable<Check['asks']>
}

/** A source that cannot be read because of another one leaves the blame to that one's root. */
const standsOn: Partial<Record<SourceId, readonly SourceId[]>> = {
  redis: ['docker'],
  flower: ['docker'],
  stats: ['docker'],
  celery: ['redis'],
  results: ['redis'],
  history: ['redis'],
  outside: ['docker'],
}

/**
 * Chooses checks. With a check come the roots of what it needs, skipped or not: else a source that cannot be read would
 * leave nothing but skipped checks, and look like health. Throws a `HubError` (usage) for a name that fits no check.
 */
export function select({only, skip, phase}: Choice, all: readonly Check[] = registry): Selection {
  for (const pattern of [...only, ...skip]) mustFitOne(all, pattern)
  const asked = all.filter(check => check.phase === 'always' || check.phase === phase)
  const chosen = asked.filter(check => (only.length === 0 || fitsAny(check, only)) && !fitsAny(check, skip))
  if (chosen.length === 0)
    throw new HubError('usage', 'no-check-left', 'no check is left to run', {
      detail: phase === 'pre' ? 'only some checks can be asked before the start (--pre)' : null,
      suggestions: ['hub-mon doctor --list'],
    })
  const roots = rootsOf(chosen, asked)
  const checks = asked.filter(check => chosen.includes(check) || roots.has(check))
  return {
    checks,
    sources: new Set(checks.flatMap(readBy)),
    celery: Object.assign({}, ...checks.map(({asks}) => asks)),
  }
}

function readBy({needs, reads = [], roots}: Check): SourceId[] {
  return [...needs, ...reads, ...(roots === undefined ? [] : [roots])]
}

function rootsOf(chosen: readonly Check[], asked: readonly Check[]): Set<Check> {
  const roots = new Set<Check>()
  const open = chosen.flatMap(({needs, roots: root}) => [...needs, ...(root === undefined ? [] : [root])])
  const done = new Set<SourceId>()
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    if (done.has(source)) continue
    done.add(source)
    open.push(...(standsOn[source] ?? []))
    for (const check of asked.filter(candidate => candidate.roots === source)) {
      roots.add(check)
      open.push(...check.needs)
    }
  }
  return roots
}

function fitsAny(check: Check, patterns: readonly string[]): boolean {
  return patterns.some(pattern => fits(check, pattern))
}

function fits({id, category}: Check, pattern: string): boolean {
  return pattern === id || pattern === category || matchesGlob(id, pattern)
}

function mustFitOne(all: readonly Check[], pattern: string): void {
  if (all.some(check => fits(check, pattern))) return
  const near = closest(pattern, [...all.map(({id}) => id), ...categories])
  throw new HubError('usage', 'no-such-check', `there is no check "${pattern}"`, {
    suggestions: [...(near === null ? [] : [`did you mean ${near}?`]), 'hub-mon doctor --list'],
  })
}
