import {containerOfNode} from '../../checks/names.ts'
import {type CeleryFacts, type Node, type RunningTask, silenceOf} from '../../snapshot/celery.ts'
import {factsFrom} from '../../snapshot/reading.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'

/**
 * `busy`: all pool processes run a task. `hung`: connected and silent; also a solo pool that runs a task. `gone`: left without
 * saying goodbye. `silent`: one of these two, and it cannot be told which. `known`: not asked.
 */
export type WorkerState = 'online' | 'busy' | 'hung' | 'gone' | 'silent' | 'known'

/** A node, as `workers` tells it; `null` is what could not be told. Two nodes under one name are two workers. */
export type Worker = {
  name: string
  state: WorkerState
  /** More than one node answered under this name. */
  duplicate: boolean
  pool: string | null
  poolProcesses: number | null
  concurrency: number | null
  running: RunningTask[] | null
  oldestRunningSeconds: number | null
  reserved: number | null
  scheduled: number | null
  prefetch: number | null
  queues: string[] | null
  /** Tasks that it took since its start. */
  accepted: number | null
  /** Between this look and the one before. */
  acceptedPerSecond: number | null
  uptimeSeconds: number | null
  version: string | null
  answerSeconds: number | null
  /** Which of the lists of registered tasks is its own, as in `CeleryFacts`; `null` when not told. */
  registered: number | null
  broker: string | null
  conf: Node['conf']
  container: WorkerContainer | null
}

export type WorkerContainer = {
  name: string
  service: string
  /** How many nodes are in it: they share what it uses. */
  nodes: number
  cpuRatio: number | null
  memoryBytes: number | null
  memoryRatio: number | null
}

/** How many tasks each node had accepted, and when; to tell the rate from one look to the next. */
export type Earlier = {takenAt: string; accepted: ReadonlyMap<string, number>}

/** All nodes that answered, then those that are known and did not, each by name. */
export function workersIn(snapshot: Snapshot, celery: CeleryFacts, earlier?: Earlier): Worker[] {
  const sum = (node: Node) => Object.values(node.accepted).reduce((all, count) => all + count, 0)
  const online = [...celery.nodes].sort((a, b) => compare(a.name, b.name))
  const names = [...online.map(({name}) => name), ...silentNames(celery)]
  const containers = containersFor(snapshot, names)
  const duplicates = new Set(celery.duplicates)
  const workers = online.map((node): Worker => {
    const ages = node.active.flatMap(({runningSeconds}) => runningSeconds ?? [])
    const accepted = sum(node)
    return {
      name: node.name,
      state: isBusy(node) ? 'busy' : 'online',
      duplicate: duplicates.has(node.name),
      pool: node.pool,
      poolProcesses: node.poolProcesses,
      concurrency: node.concurrency,
      running: node.active,
      oldestRunningSeconds: ages.length === 0 ? null : Math.max(...ages),
      reserved: node.reserved,
      scheduled: node.scheduled,
      prefetch: node.prefetch,
      queues: node.queues,
      accepted,
      acceptedPerSecond: duplicates.has(node.name)
        ? null
        : rate(earlier, node.name, accepted, snapshot.takenAt),
      uptimeSeconds: node.uptimeSeconds,
      version: node.version,
      answerSeconds: node.answerSeconds,
      registered: node.registered,
      broker: node.broker ?? null,
      conf: node.conf,
      container: containers.get(node.name) ?? null,
    }
  })
  const {hung, gone} = silenceOf(celery)
  const silence = {hung: new Set(hung), gone: new Set(gone)}
  return [
    ...workers,
    ...silentNames(celery).map(name =>
      unheard(name, stateOf(name, celery, silence), containers.get(name) ?? null),
    ),
  ]
}

/** What the next look is compared with. */
export function earlierOf(snapshot: Snapshot, workers: readonly Worker[]): Earlier {
  return {
    takenAt: snapshot.takenAt,
    accepted: new Map(workers.flatMap(({name, accepted}) => (accepted === null ? [] : [[name, accepted]]))),
  }
}

function silentNames(celery: CeleryFacts): string[] {
  return [...(celery.probe === null ? (celery.known ?? []) : celery.silent)].sort(compare)
}

/** What a silent name is, as far as it can be told. */
function stateOf(
  name: string,
  celery: CeleryFacts,
  {hung, gone}: {hung: ReadonlySet<string>; gone: ReadonlySet<string>},
): WorkerState {
  if (celery.probe === null) return 'known'
  if (hung.has(name)) return 'hung'
  return gone.has(name) ? 'gone' : 'silent'
}

function unheard(name: string, state: WorkerState, container: WorkerContainer | null): Worker {
  return {
    name,
    state,
    duplicate: false,
    pool: null,
    poolProcesses: null,
    concurrency: null,
    running: null,
    oldestRunningSeconds: null,
    reserved: null,
    scheduled: null,
    prefetch: null,
    queues: null,
    accepted: null,
    acceptedPerSecond: null,
    uptimeSeconds: null,
    version: null,
    answerSeconds: null,
    registered: null,
    broker: null,
    conf: null,
    container,
  }
}

function isBusy({active, poolProcesses, concurrency}: Node): boolean {
  const slots = poolProcesses ?? concurrency
  return slots !== null && slots > 0 && active.length >= slots
}

function rate(earlier: Earlier | undefined, name: string, now: number, takenAt: string): number | null {
  const before = earlier?.accepted.get(name)
  if (earlier === undefined || before === undefined) return null
  const seconds = (Date.parse(takenAt) - Date.parse(earlier.takenAt)) / 1000
  // Fewer than before: it was started anew in between.
  return seconds > 0 && now >= before ? (now - before) / seconds : null
}

function containersFor(snapshot: Snapshot, names: readonly string[]): Map<string, WorkerContainer> {
  const stats = factsFrom(snapshot.sources.stats)?.containers ?? []
  const found = new Map(
    [...new Set(names)].flatMap(name => {
      const container = containerOfNode(snapshot, name)
      return container === undefined ? [] : [[name, container] as const]
    }),
  )
  const nodes = new Map<string, number>()
  for (const name of names) {
    const id = found.get(name)?.id
    if (id !== undefined) nodes.set(id, (nodes.get(id) ?? 0) + 1)
  }
  return new Map(
    [...found].map(([name, container]) => {
      const use = stats.find(one => one.name === container.name)
      return [
        name,
        {
          name: container.name,
          service: container.service,
          nodes: nodes.get(container.id) ?? 1,
          cpuRatio: use?.cpuRatio ?? null,
          memoryBytes: use?.memoryBytes ?? null,
          memoryRatio: use?.memoryRatio ?? null,
        },
      ]
    }),
  )
}

/** `web-2` before `web-10`. By hand: the collator that could do it takes longer to make than all the rest of the table. */
function compare(a: string, b: string): number {
  const [ours, theirs] = [partsOf(a), partsOf(b)]
  for (const [place, own] of ours.entries()) {
    const other = theirs[place]
    if (other === undefined) return 1
    if (own === other) continue
    if (typeof own === 'number' && typeof other === 'number') return own - other
    return String(own) < String(other) ? -1 : 1
  }
  return ours.length - theirs.length
}

function partsOf(name: string): (string | number)[] {
  return (name.match(/\d+|\D+/g) ?? []).map(part => (/^\d/.test(part) ? Number(part) : part))
}
