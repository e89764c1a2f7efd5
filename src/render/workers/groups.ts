import type {Worker} from './rows.ts'

/** A row: one node, or many that are alike. */
export type Group = {name: string; workers: Worker[]}

/** Up to so many nodes each has a row of its own. */
const mostSingle = 20
/** Those with the longest running tasks have a row each. */
const busiestShown = 3
/** With more patterns than that, names tell nothing. */
const mostRanges = 8
/** With what stands above and below them, these fit a screen. */
const mostRows = 30
/** Fewer that are named alike are not worth a range of their own. */
const leastRange = 3

/**
 * Nodes as rows. Many are put together where pool, queues, version and registered tasks are the same; who needs to be looked at
 * (silent, gone, two under one name, busy for longest) keeps a row. Exceptions come first.
 */
export function groupsOf(workers: readonly Worker[], {together}: {together: boolean}): Group[] {
  if (!together || workers.length <= mostSingle) return workers.map(alone)
  const busiest = new Set(
    [...workers]
      .filter(({oldestRunningSeconds}) => oldestRunningSeconds !== null)
      .sort((a, b) => (b.oldestRunningSeconds ?? 0) - (a.oldestRunningSeconds ?? 0))
      .slice(0, busiestShown),
  )
  const exceptions = workers.filter(worker => isExceptional(worker) || busiest.has(worker))
  const apart = new Set(exceptions)
  const usual = workers.filter(worker => !apart.has(worker))
  return [...condensed(exceptions), ...fewRows(usual)]
}

/** Told apart by all that differs; where that takes more than a screen, not by queues; then not by names; then not at all. */
function fewRows(usual: readonly Worker[]): Group[] {
  const ways = [
    () => rowsOf(usual, kindOf, byName),
    () => rowsOf(usual, codeOf, byName),
    () => rowsOf(usual, codeOf, together),
  ]
  for (const way of ways) {
    const rows = way()
    if (rows.length <= mostRows) return rows
  }
  return together(usual)
}

function rowsOf(
  workers: readonly Worker[],
  key: (worker: Worker) => string,
  named: (same: readonly Worker[]) => Group[],
): Group[] {
  return alike(workers, key)
    .sort((a, b) => a.length - b.length)
    .flatMap(named)
}

function isExceptional({state, duplicate}: Worker): boolean {
  return duplicate || (state !== 'online' && state !== 'busy')
}

/** A fleet that is gone as a whole is a row, too. */
function condensed(exceptions: readonly Worker[]): Group[] {
  if (exceptions.length <= mostSingle) return exceptions.map(alone)
  return alike(exceptions, ({state, duplicate}) => `${state} ${duplicate}`).flatMap(same =>
    same.length <= mostSingle ? same.map(alone) : byName(same),
  )
}

function alone(worker: Worker): Group {
  return {name: worker.name, workers: [worker]}
}

function kindOf({pool, poolProcesses, concurrency, queues, version, registered}: Worker): string {
  return JSON.stringify([pool, poolProcesses ?? concurrency, queues?.toSorted(), version, registered])
}

function codeOf({pool, poolProcesses, concurrency, version, registered}: Worker): string {
  return JSON.stringify([pool, poolProcesses ?? concurrency, version, registered])
}

/** Nodes of one kind as ranges of names; names that follow no pattern are put into one row together. */
function byName(workers: readonly Worker[]): Group[] {
  const named = alike(workers, ({name}) => name.replace(digits, '#'))
  const ranges = named.filter(({length}) => length >= leastRange)
  if (ranges.length > mostRanges) return together(workers)
  const rest = named.filter(({length}) => length < leastRange).flat()
  return [...ranges.flatMap(together), ...together(rest)]
}

function together(workers: readonly Worker[]): Group[] {
  return workers.length < leastRange
    ? workers.map(alone)
    : [{name: rangeOf(workers.map(({name}) => name)), workers: [...workers]}]
}

const digits = /\d+/g

/** `web-{1..250}` where that names exactly these, sorted; else `web-1 … web-250`. */
function rangeOf(names: readonly string[]): string {
  const [first = '', last = ''] = [names[0], names.at(-1)]
  const ends = `${first} … ${last}`
  const numbers = names.map(name => name.match(digits) ?? [])
  const [pattern = []] = numbers
  if (new Set(names.map(name => name.replace(digits, '#'))).size !== 1) return ends
  const varying = pattern.flatMap((_run, place) =>
    numbers.some(runs => runs[place] !== pattern[place]) ? [place] : [],
  )
  const [place] = varying
  if (place === undefined || varying.length !== 1) return ends
  const runs = numbers.map(own => own[place] ?? '')
  const [from, to] = [runs[0] ?? '', runs.at(-1) ?? '']
  const padded = runs.some(run => run.startsWith('0') && run.length > 1)
  const follow = runs.every(
    (run, step) => Number(run) === Number(from) + step && (!padded || run.length === from.length),
  )
  if (!follow) return ends
  let seen = -1
  return first.replace(digits, run => {
    seen += 1
    return seen === place ? `{${from}..${to}}` : run
  })
}

/** Those with the same key together, in the order of the first of each. */
function alike(workers: readonly Worker[], key: (worker: Worker) => string): Worker[][] {
  const groups = new Map<string, Worker[]>()
  for (const worker of workers) {
    const own = key(worker)
    const group = groups.get(own)
    if (group === undefined) groups.set(own, [worker])
    else group.push(worker)
  }
  return [...groups.values()]
}
