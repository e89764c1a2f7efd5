import type {Node, Queue, QueueFlow} from '../../../snapshot/celery.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {asCount, type ListLook, pipelined, type QueueLook} from './messages.ts'

type Client = ConnectedReach['connection']['client']

/** As far into a list as its newest message of the first look is searched for. */
const mostArrived = 10_000
/** A message is sent back to be found again: longer ones are not. */
const mostBytesEach = 64 * 1024
const mostBytesTogether = 8 * 1024 * 1024

/** How each queue moved since `looks`, which were taken so many seconds ago. Never throws. */
export async function lookAgain(
  client: Client,
  looks: readonly QueueLook[],
  keysOf: (queue: string) => readonly string[],
  secondsAgo: () => number,
): Promise<Map<string, QueueFlow>> {
  let room = mostBytesTogether
  const fits = (message: Buffer | undefined): message is Buffer => {
    if (message === undefined || message.length > mostBytesEach || message.length > room) return false
    room -= message.length
    return true
  }
  const lists = looks.flatMap(look => {
    const read = new Map(look.lists.map(list => [list.key, list]))
    return keysOf(look.name).map(key => ({queue: look.name, key, ...searchedFor(read.get(key), fits)}))
  })
  const replies = await pipelined(client, lists, (pipeline, {key, newest, head}) => {
    pipeline.llen(key)
    if (newest !== null) pipeline.lpos(key, newest, 'MAXLEN', mostArrived)
    if (head !== null) pipeline.lpos(key, head, 'RANK', -1, 'MAXLEN', 1)
  })
  const seconds = secondsAgo()
  const byQueue = new Map<string, Answered[]>(looks.map(({name}) => [name, []]))
  for (const [place, list] of lists.entries()) {
    const [length, ...places] = (replies[place] ?? []).map(asCount)
    const newestAt = list.newest === null ? null : (places.shift() ?? null)
    byQueue.get(list.queue)?.push({list, length: length ?? null, newestAt, headAt: places[0] ?? null})
  }
  const flows = new Map<string, QueueFlow>()
  for (const [name, own] of byQueue) {
    const flow = flowOf(own, seconds)
    if (flow !== null) flows.set(name, flow)
  }
  return flows
}

type Searched = {
  key: string
  length: number
  newest: Buffer | null
  head: Buffer | null
}

/** With what Redis said: how long it is now, and where its newest and oldest message of the first look are. */
type Answered = {list: Searched; length: number | null; newestAt: number | null; headAt: number | null}

function searchedFor(
  list: ListLook | undefined,
  fits: (message: Buffer | undefined) => message is Buffer,
): Omit<Searched, 'key'> {
  const newest = list?.fromNewest === true ? list.messages[0] : undefined
  const head = list?.messages.at(-1)
  return {
    length: list?.length ?? 0,
    newest: fits(newest) ? newest : null,
    head: fits(head) ? head : null,
  }
}

/** Of a queue's lists, the most urgent first; `null` when Redis told no lengths. */
function flowOf(lists: readonly Answered[], seconds: number): QueueFlow | null {
  let ready = 0
  let before = 0
  let arrived: number | null = 0
  for (const {list, length, newestAt, headAt} of lists) {
    if (length === null) return null
    ready += length
    before += list.length
    // Nothing then and nothing now: what came and went in between is not counted.
    if (list.length === 0 && length === 0) continue
    // Nothing was taken: what is more has come.
    const place: number | null = newestAt ?? (headAt === null ? null : Math.max(0, length - list.length))
    arrived = arrived === null || place === null ? null : arrived + place
  }
  if (before === 0) arrived = null
  const taken = arrived === null ? null : Math.max(0, before + arrived - ready)
  const urgent = lists.find(({list}) => list.length > 0)
  return {
    seconds,
    ready,
    arrived,
    taken,
    headUnchanged: urgent !== undefined && (urgent.list.head === null ? taken === 0 : urgent.headAt !== null),
  }
}

/** Whether a backlog lies there although somebody could take it, so that only time can tell. */
export function isSuspicious(queue: Pick<Queue, 'ready' | 'consumers'>, nodes: readonly Node[]): boolean {
  if (queue.ready === 0 || queue.consumers === null) return false
  return consumersOf(queue, nodes).some(hasFreePrefetch)
}

/** Whether a node holds tasks back while another one of the same queue has nothing to do. */
export function mayHoard(queues: readonly Pick<Queue, 'consumers'>[], nodes: readonly Node[]): boolean {
  return queues.some(queue => {
    const consumers = consumersOf(queue, nodes)
    return (
      consumers.some(({reserved}) => (reserved ?? 0) > 0) &&
      consumers.some(({active, reserved}) => active.length === 0 && reserved === 0)
    )
  })
}

function consumersOf({consumers}: Pick<Queue, 'consumers'>, nodes: readonly Node[]): Node[] {
  const names = new Set(consumers)
  return nodes.filter(({name}) => names.has(name))
}

/** A prefetch of 0 has no bound. */
function hasFreePrefetch({prefetch, active, reserved, scheduled}: Node): boolean {
  if (prefetch === null || reserved === null) return false
  const unacknowledged = active.filter(({acknowledged}) => acknowledged === false).length
  return prefetch === 0 || unacknowledged + reserved + (scheduled ?? 0) < prefetch
}

/**
 * Counts for queues that kept no message to count by, from the consumers: tasks they began between two `stats`. Only for a
 * queue whose consumers consume it alone; others stay as they are.
 */
export function countByConsumers(
  queues: readonly Queue[],
  nodes: readonly Node[],
  acceptedLater: ReadonlyMap<string, Readonly<Record<string, number>>>,
): Queue[] {
  return queues.map(queue => {
    const {flow} = queue
    if (flow === null || flow.taken !== null) return queue
    const consumers = consumersOf(queue, nodes)
    const taken = consumers.map(node => {
      const later = acceptedLater.get(node.name)
      if (node.queues?.length !== 1 || later === undefined) return null
      return Math.max(0, total(later) - total(node.accepted))
    })
    if (taken.length === 0 || taken.includes(null)) return queue
    const sum = taken.reduce<number>((all, one) => all + (one ?? 0), 0)
    return {...queue, flow: {...flow, taken: sum, arrived: Math.max(0, sum + flow.ready - queue.ready)}}
  })
}

function total(accepted: Readonly<Record<string, number>>): number {
  return Object.values(accepted).reduce((sum, one) => sum + one, 0)
}
