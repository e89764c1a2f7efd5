import {plural} from '../render/text/number.ts'
import {confirmBy, decide} from '../report/finding.ts'
import type {CeleryFacts, Node} from '../snapshot/celery.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, type Outcome, pass, skip} from './check.ts'
import {celeryCli, hubMon, listed} from './names.ts'

export const celeryNodesAlike = defineCheck({
  id: 'celery.nodes-alike',
  category: 'celery',
  title: 'Nodes of a queue know the same tasks',
  why: 'A queue gives a task to any of its nodes: one that has not registered it discards it, now and then, not always.',
  looksAt:
    'Registered tasks of nodes that consume the same queue, where no other queue reaches only nodes that know them; Celery versions.',
  confirm: [
    'hub-mon workers',
    'docker exec hub-celery-worker celery -A app.celery_app inspect registered',
    'docker exec hub-celery-worker celery -A app.celery_app inspect report',
  ],
  cure: ['# finish the deployment, or give each application queues of its own (-Q), then: hub-mon up'],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  follows: [{check: 'celery.node-names', of: 'the-same'}],
  judge(snapshot, {celery}) {
    if (celery.probe === null || celery.nodes.length === 0) return skip('no node was heard')
    if (celery.nodes.length === 1) return pass('one node')
    const unlike = unlikeIn(celery)
    if (unlike.tasks.length > 0) return tasksDiffer(snapshot, unlike)
    const versions = versionsOf(celery.nodes)
    if (versions.length > 1) return versionsDiffer(snapshot, celery.nodes, versions)
    if (celery.nodes.every(({registered}) => registered === null))
      return skip('what the nodes have registered is not known')
    return pass(
      `${plural(celery.nodes.length, 'node')}${versions.length === 0 ? '' : ` of Celery ${versions[0]}`}`,
    )
  },
})

type Unlike = {
  tasks: string[]
  /** That some nodes know these tasks on, and some do not. */
  queues: string[]
  lacking: string[]
}

/**
 * Tasks that some nodes of a queue know and others do not. A task that is known to all nodes of any one queue may well be
 * sent only there, so it counts for none. Celery's own tasks differ by version and are sent to nobody.
 */
function unlikeIn({nodes, registered}: CeleryFacts): Unlike {
  const told = nodes.filter(node => node.registered !== null && node.queues !== null)
  const lists = [...new Set(told.map(node => node.registered ?? -1))]
  const known = new Map<string, Set<number>>()
  for (const list of lists)
    for (const task of registered[list] ?? [])
      if (!task.startsWith('celery.')) added(known, task, () => new Set()).add(list)
  // By queue, then by what its nodes know: a thousand nodes of two releases are two groups.
  const groups = new Map<string, Map<number, string[]>>()
  for (const node of told)
    for (const queue of node.queues ?? [])
      added(
        added(groups, queue, () => new Map()),
        node.registered ?? -1,
        () => [],
      ).push(node.name)

  const tasks: string[] = []
  const unlike = new Map<string, Set<number>>()
  for (const [task, knowing] of known) {
    if (knowing.size === lists.length) continue
    const parts = [...groups].map(([queue, own]) => {
      const without = [...own.keys()].filter(list => !knowing.has(list))
      return {queue, without, mixed: without.length > 0 && without.length < own.size}
    })
    if (parts.some(({without}) => without.length === 0)) continue
    tasks.push(task)
    for (const {queue, without, mixed} of parts)
      if (mixed) for (const list of without) added(unlike, queue, () => new Set()).add(list)
  }
  const lacking = [...unlike].flatMap(([queue, without]) =>
    [...without].flatMap(list => groups.get(queue)?.get(list) ?? []),
  )
  return {tasks: tasks.sort(), queues: [...unlike.keys()], lacking: [...new Set(lacking)]}
}

/** What a map has under a key, made when there is none yet. */
function added<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}

function tasksDiffer(snapshot: Snapshot, {tasks, queues, lacking}: Unlike): Outcome {
  const inspect = celeryCli(snapshot, 'inspect', 'registered')
  return fail(
    `${listed(lacking)} ${lacking.length === 1 ? 'has' : 'have'} not registered ${listed(tasks)}, which other nodes of ${listed(queues)} have: delivered there, it is discarded`,
    {
      affects: [...lacking, ...queues, ...tasks],
      evidence: [
        {label: 'tasks not known to all', value: tasks.length, unit: 'count', bound: 'above 0'},
        {label: 'tasks', value: tasks.slice(0, 10).join(', ')},
        {label: 'nodes without them', value: lacking.length, unit: 'count'},
      ],
      remedies: [
        decide('finish the deployment on these nodes, or give each application queues of its own (-Q)'),
        confirmBy('which node runs what', ...hubMon(snapshot, 'workers')),
        ...(inspect === null ? [] : [confirmBy('what each node knows', ...inspect)]),
      ],
    },
  )
}

function versionsOf(nodes: readonly Node[]): string[] {
  return [...new Set(nodes.flatMap(({version}) => version ?? []))].sort()
}

function versionsDiffer(snapshot: Snapshot, nodes: readonly Node[], versions: readonly string[]): Outcome {
  const counted = versions.map(version => ({
    ...{version, nodes: nodes.filter(node => node.version === version).length},
  }))
  const inspect = celeryCli(snapshot, 'inspect', 'report')
  return fail(
    `nodes run Celery ${listed(counted.map(one => `${one.version} (${plural(one.nodes, 'node')})`))}`,
    {
      severity: 'notice',
      affects: nodes.filter(({version}) => version === versions[0]).map(({name}) => name),
      evidence: counted.map(one => ({label: one.version, value: one.nodes, unit: 'count'})),
      remedies: [
        decide('finish the upgrade: nodes of one hub should run one version'),
        ...(inspect === null ? [] : [confirmBy('which node runs which', ...inspect)]),
      ],
    },
  )
}
