import {createHash} from 'node:crypto'
import type {FleetNames, FleetOptions} from './options.ts'

export type Task = {id: string; name: string; queue: string}

export type PlannedNode = {
  name: string
  pid: number
  says: 'everything' | 'nothing' | 'in pickle'
  release: Release
  queues: string[]
  active: Task[]
  reserved: Task[]
}

export type Release = {version: string; tasks: string[]}

export type Plan = {
  nodes: PlannedNode[]
  gone: string[]
  queues: string[]
  orphans: string[]
  /** Names of the tasks whose messages wait. */
  tasks: string[]
}

const versions = ['5.6.3', '5.5.3', '5.2.6']
const areas = [
  'orders',
  'stock',
  'mail',
  'reports',
  'search',
  'images',
  'billing',
  'exports',
  'sync',
  'audit',
]
const verbs = ['create', 'update', 'remove', 'refresh', 'archive', 'notify']

/** The same options plan the same fleet. */
export function planFleet(options: FleetOptions): Plan {
  const queues = Array.from({length: options.queues}, (_, index) =>
    index === 0 ? 'celery' : `${areas[index % areas.length]}.${digits(index)}`,
  )
  const consumed = queues.slice(0, Math.max(1, options.queues - options.orphans))
  const groups = Math.max(1, Math.min(options.groups, options.nodes))
  const releases = Array.from({length: Math.max(1, options.releases)}, (_, index) => releaseOf(index))
  const queuesOf = Array.from({length: groups}, (_, group) =>
    consumed.filter((_queue, index) => index % groups === group % consumed.length),
  )
  const nodes = Array.from({length: options.nodes}, (_, index): PlannedNode => {
    const group = index % groups
    const release = releases[group % releases.length] ?? releaseOf(0)
    const own = queuesOf[group] ?? []
    const task = (kind: string) => (_: unknown, nth: number) => ({
      id: uuid(`${kind} ${index} ${nth}`),
      name: release.tasks[(index + nth) % release.tasks.length] ?? '',
      queue: own[nth % Math.max(1, own.length)] ?? 'celery',
    })
    return {
      name: nodeName(index, groups),
      pid: 10 + (index % 90),
      says: 'everything',
      release,
      queues: own,
      active: Array.from({length: options.active}, task('active')),
      reserved: Array.from({length: options.reserved}, task('reserved')),
    }
  })
  // From the end, so that the first nodes are the same in every fleet.
  const last = nodes.toReversed()
  for (const node of last.splice(0, options.hung)) node.says = 'nothing'
  for (const node of last.splice(0, options.pickle)) node.says = 'in pickle'
  for (const [nth, node] of last.splice(0, options.duplicates).entries())
    node.name = nodes[nth]?.name ?? node.name
  return {
    nodes,
    gone: Array.from({length: options.gone}, (_, index) => nodeName(options.nodes + index, groups)),
    queues,
    orphans: queues.slice(consumed.length),
    tasks: releases[0]?.tasks ?? [],
  }
}

export function namesOf({nodes, gone, queues, orphans}: Plan): FleetNames {
  const saying = (says: PlannedNode['says']) => nodes.filter(node => node.says === says).map(({name}) => name)
  const answering = saying('everything')
  return {
    answering: [...new Set(answering)].sort(),
    hung: saying('nothing').sort(),
    pickle: saying('in pickle').sort(),
    gone: gone.toSorted(),
    duplicated: [...new Set(answering.filter((name, index) => answering.indexOf(name) !== index))].sort(),
    queues: queues.toSorted(),
    orphans: orphans.toSorted(),
  }
}

/** Each release has a task that the others have not. */
function releaseOf(index: number): Release {
  const tasks = areas.flatMap(area => verbs.map(verb => `shop.tasks.${area}.${verb}_${area}`))
  if (index > 0) tasks[index % tasks.length] = `shop.tasks.release_${index}.only`
  return {version: versions[index % versions.length] ?? '5.6.3', tasks: tasks.sort()}
}

function nodeName(index: number, groups: number): string {
  const group = index % groups
  return `celery@${areas[group % areas.length]}-${digits(group)}-${digits(Math.floor(index / groups))}`
}

function digits(index: number): string {
  return String(index).padStart(3, '0')
}

export function uuid(seed: string): string {
  const hex = createHash('md5').update(seed).digest('hex')
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-')
}
