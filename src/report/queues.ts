import {type CeleryFacts, censusOf, type Queue} from '../snapshot/celery.ts'

/** What is wrong with a queue, or odd about it. */
export type Remark = {
  kind: 'no-consumer' | 'unregistered' | 'unreadable'
  /** For people; may hold names that came from the hub. */
  text: string
}

/** A queue with what its two looks mean. */
export type QueueRow = Queue & {
  inPerSecond: number | null
  outPerSecond: number | null
  /** `steady`: as much comes as goes, or nothing does either. `null` when it could not be counted. */
  trend: 'empties' | 'grows' | 'steady' | null
  /** Until it is empty at this pace; `null` when it does not empty, or that is not known. */
  drainSeconds: number | null
  remarks: Remark[]
}

/** Every queue, the worst first. Where no node is connected, nobody consumes. */
export function queueRows(celery: CeleryFacts): QueueRow[] {
  const nobody = celery.probe?.subscribers === 0
  return celery.queues
    .map(queue => (nobody ? {...queue, consumers: []} : queue))
    .map(queue => ({...queue, ...paceOf(queue), remarks: remarksOn(queue, celery)}))
    .sort(
      (a, b) =>
        trouble(b) - trouble(a) ||
        b.ready - a.ready ||
        (b.unacked ?? 0) - (a.unacked ?? 0) ||
        (a.name < b.name ? -1 : 1),
    )
}

/** Nothing waits, moves, is held or is worth a remark. */
export function isQuiet({ready, unacked, inPerSecond, outPerSecond, flow, remarks}: QueueRow): boolean {
  return (
    ready === 0 &&
    (unacked ?? 0) === 0 &&
    (inPerSecond ?? 0) === 0 &&
    (outPerSecond ?? 0) === 0 &&
    (flow?.ready ?? 0) === 0 &&
    remarks.length === 0
  )
}

type Pace = Pick<QueueRow, 'inPerSecond' | 'outPerSecond' | 'trend' | 'drainSeconds'>

function paceOf({flow}: Queue): Pace {
  if (flow === null || flow.arrived === null || flow.taken === null || flow.seconds <= 0)
    return {inPerSecond: null, outPerSecond: null, trend: null, drainSeconds: null}
  const [inPerSecond, outPerSecond] = [flow.arrived / flow.seconds, flow.taken / flow.seconds]
  const pace = outPerSecond - inPerSecond
  return {
    inPerSecond,
    outPerSecond,
    trend: pace > 0 ? 'empties' : pace < 0 ? 'grows' : 'steady',
    drainSeconds: pace > 0 ? flow.ready / pace : null,
  }
}

const mostNamed = 3

function remarksOn(queue: Queue, celery: CeleryFacts): Remark[] {
  const {ready, consumers, sample} = queue
  const unregistered = unregisteredIn(queue, celery)
  return [
    ...(ready > 0 && consumers?.length === 0
      ? [
          {
            kind: 'no-consumer' as const,
            text:
              (censusOf(celery)?.hung ?? 0) > 0 ? 'no node that answers consumes it' : 'nobody consumes it',
          },
        ]
      : []),
    ...(unregistered.length > 0
      ? [{kind: 'unregistered' as const, text: `no consumer has registered ${named(unregistered)}`}]
      : []),
    ...(sample?.unreadable ?? []).map(({contentType, messages}) => ({
      kind: 'unreadable' as const,
      text: `${messages} of ${sample?.messages} in ${contentType}`,
    })),
  ]
}

/** Tasks that wait and that none of the queue's consumers knows; none where a consumer did not tell what it knows. */
function unregisteredIn({consumers, sample}: Queue, {nodes, registered}: CeleryFacts): string[] {
  if (consumers === null || consumers.length === 0 || sample === null) return []
  const names = new Set(consumers)
  const lists = new Set(nodes.filter(({name}) => names.has(name)).map(node => node.registered))
  const known = new Set<string>()
  for (const place of lists) {
    const list = place === null ? undefined : registered[place]
    if (list === undefined) return []
    for (const task of list) known.add(task)
  }
  return sample.byTask.flatMap(({task}) => (task === null || known.has(task) ? [] : [task]))
}

/** `a, b, c and 4 more`. */
function named(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed).join(', ')
  return names.length > mostNamed ? `${shown} and ${names.length - mostNamed} more` : shown
}

const weights: Record<Remark['kind'], number> = {'no-consumer': 8, unregistered: 4, unreadable: 1}

function trouble({remarks, trend}: QueueRow): number {
  return remarks.reduce((sum, {kind}) => sum + weights[kind], 0) + (trend === 'grows' ? 2 : 0)
}
