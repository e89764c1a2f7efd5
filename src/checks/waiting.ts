import {duration} from '../render/text/duration.ts'
import {count} from '../render/text/number.ts'
import type {Evidence} from '../report/finding.ts'
import type {CeleryFacts, Queue} from '../snapshot/celery.ts'
import {listed} from './names.ts'

/** Which tasks wait in a queue, as far as it was looked at. */
export function tasksIn({name, sample}: Queue): Evidence[] {
  const tasks = (sample?.byTask ?? []).flatMap(({task, messages}) =>
    task === null ? [] : `${task} ${count(messages)}`,
  )
  return tasks.length === 0 ? [] : [{label: `seen in ${name}`, value: listed(tasks)}]
}

/** How a queue moved between two looks; nothing after one look, or where nothing stayed to count by. */
export function movesOf({name, flow}: Queue): Evidence[] {
  if (flow === null || flow.arrived === null || flow.taken === null) return []
  const moved = `${count(flow.taken)} taken, ${count(flow.arrived)} came in`
  return [{label: `${name} in ${duration(flow.seconds)}`, value: moved}]
}

/** Tasks seen in a queue that not every node knows, as far as nodes tell: delivered there, they would be discarded. */
export function notKnownToAll({sample}: Queue, {nodes, registered}: CeleryFacts): string[] {
  const lists = [...new Set(nodes.map(node => node.registered))].flatMap(list =>
    list === null ? [] : [new Set(registered[list])],
  )
  return (sample?.byTask ?? []).flatMap(({task}) =>
    task !== null && lists.some(list => !list.has(task)) ? [task] : [],
  )
}
