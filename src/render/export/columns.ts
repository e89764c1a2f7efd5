import type {
  RecordedBucket,
  RecordedDepth,
  RecordedDurations,
  RecordedTasks,
} from '../../snapshot/recorded-bucket.ts'

/** What a row is about: the bucket itself, tasks of one type and queue in it, or a queue's depth. */
export type Row = {bucket: RecordedBucket} & (
  | {kind: 'bucket'}
  | {kind: 'tasks'; tasks: RecordedTasks}
  | {kind: 'queue'; queue: RecordedDepth}
)

export type Column = {
  /** Ends in its unit. */
  name: string
  help: string
  /** `null` where it says nothing of this row, or nothing was measured. */
  of: (row: Row) => string | number | null
}

const tasks = (name: string, help: string, of: (tasks: RecordedTasks) => number | null): Column => ({
  ...{name, help},
  of: row => (row.kind === 'tasks' ? of(row.tasks) : null),
})

const durations = (name: string, what: string, of: (tasks: RecordedTasks) => RecordedDurations): Column[] => [
  tasks(`${name}_count`, `how many ${what} were counted`, row => of(row).count),
  tasks(`${name}_sum_seconds`, 'all of them together', row => rounded(of(row).sum)),
  tasks(`${name}_p50_seconds`, 'half of them stayed below', row => rounded(of(row).p50)),
  tasks(`${name}_p95_seconds`, '95 % of them stayed below', row => rounded(of(row).p95)),
  tasks(`${name}_p99_seconds`, '99 % of them stayed below', row => rounded(of(row).p99)),
]

const depth = (name: string, help: string, of: (queue: RecordedDepth) => number): Column => ({
  ...{name, help},
  of: row => (row.kind === 'queue' ? rounded(of(row.queue)) : null),
})

/** The columns of a row, the same in every format that has rows. */
export const columns: readonly Column[] = [
  {
    name: 'kind',
    help: 'what the row is about: `bucket`, `tasks` or `queue`',
    of: ({kind}) => kind,
  },
  {name: 'from', help: 'start of the bucket, ISO 8601 in UTC', of: ({bucket}) => bucket.from},
  {name: 'seconds', help: 'its length', of: ({bucket}) => bucket.seconds},
  {
    name: 'covered_seconds',
    help: 'how much of it a recorder saw; less than `seconds` is a gap, and the counts are lower bounds',
    of: ({bucket}) => rounded(bucket.coveredSeconds),
  },
  {
    name: 'missed_events',
    help: 'events known to be lost in it beside the gap, at least',
    of: ({bucket}) => bucket.missedEvents,
  },
  {
    name: 'task',
    help: 'the task type; empty where its name was not seen',
    of: row => (row.kind === 'tasks' ? row.tasks.task : null),
  },
  {
    name: 'queue',
    help: 'the queue; empty where it was not told',
    of: row => (row.kind === 'tasks' ? row.tasks.queue : row.kind === 'queue' ? row.queue.queue : null),
  },
  tasks('sent', 'by clients, where they send `task-sent`', row => row.sent),
  tasks('received', 'deliveries to a node, retries included', row => row.received),
  tasks('started', 'begun by a pool process', row => row.started),
  tasks('succeeded', 'ended well', row => row.succeeded),
  tasks('failed', 'ended with an exception', row => row.failed),
  tasks('retried', 'to be tried again', row => row.retried),
  tasks('revoked', 'taken back', row => row.revoked),
  tasks('rejected', 'refused by a node', row => row.rejected),
  tasks('vanished', 'begun and never heard of again', row => row.vanished),
  ...durations('runtime', 'runtimes of tasks that succeeded', row => row.runtime),
  ...durations('wait', 'times from sending to starting', row => row.wait),
  depth('depth_samples', 'how often the depth was looked at', row => row.samples),
  depth('depth_average_messages', 'waiting messages, on average', row => row.average),
  depth('depth_most_messages', 'and at most', row => row.most),
]

/** The rows of a bucket: at least its own, also where nothing was seen. */
export function rowsOf(bucket: RecordedBucket): Row[] {
  return [
    {kind: 'bucket', bucket},
    ...bucket.tasks.map(tasks => ({kind: 'tasks', bucket, tasks}) as const),
    ...bucket.queues.map(queue => ({kind: 'queue', bucket, queue}) as const),
  ]
}

/** Nine digits: sums are kept with as many. */
function rounded(value: number): number
function rounded(value: number | null): number | null
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(9))
}
