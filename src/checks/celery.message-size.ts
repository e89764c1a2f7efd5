import {bytes} from '../render/text/bytes.ts'
import {confirmBy, decide} from '../report/finding.ts'
import type {Queue} from '../snapshot/celery.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {hubMon, listed, redisCli} from './names.ts'

const [mostOnAverage, mostOfOne] = [100_000, 1_000_000]

export const celeryMessageSize = defineCheck({
  id: 'celery.message-size',
  category: 'celery',
  title: 'Messages are small',
  why: 'Redis keeps every waiting message in memory, and each node that takes ahead keeps some more: large ones fill both.',
  looksAt: 'The size of the messages at both ends of each queue.',
  confirm: ['hub-mon queues', 'docker exec hub-redis redis-cli MEMORY USAGE celery'],
  cure: [
    "# send ids instead of data, or task_compression = 'gzip' in the application that sends, then start it anew",
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  asks: {messages: true},
  judge(snapshot, {celery}) {
    const waiting = celery.queues.filter(({ready}) => ready > 0)
    if (waiting.length === 0) return pass('nothing waits')
    const looked = waiting.filter(queue => sizesOf(queue).some(size => size !== null))
    if (looked.length === 0) return skip('waiting messages were not looked at')
    const large = looked.filter(queue => averageOf(queue) > mostOnAverage || largestOf(queue) > mostOfOne)
    if (large.length === 0)
      return pass(`at most ${bytes(Math.max(...looked.map(queue => largestOf(queue) || averageOf(queue))))}`)
    return fail(listed(large.map(inWords)), {
      severity: large.some(queue => averageOf(queue) > mostOnAverage) ? 'warning' : 'notice',
      affects: large.map(({name}) => name),
      evidence: large.slice(0, 5).flatMap(({name, sample}) => [
        {
          ...{
            label: `average memory in ${name}`,
            value: sample?.averageBytes ?? null,
            unit: 'bytes' as const,
          },
          bound: `warning above ${bytes(mostOnAverage)}`,
        },
        {
          ...{label: `longest in ${name}`, value: sample?.largestBytes ?? null, unit: 'bytes' as const},
          bound: `notice above ${bytes(mostOfOne)}`,
        },
      ]),
      remedies: [
        decide(
          "send ids instead of data, or compress: task_compression = 'gzip' in the application that sends",
        ),
        confirmBy('which queues', ...hubMon(snapshot, 'queues')),
        ...large
          .slice(0, 3)
          .map(({name}) =>
            confirmBy(
              `memory of ${name}`,
              ...redisCli(snapshot, 'MEMORY', 'USAGE', `${celery.names.keyPrefix}${name}`),
            ),
          ),
      ],
    })
  },
})

function sizesOf({sample}: Queue): (number | null)[] {
  return [sample?.averageBytes ?? null, sample?.largestBytes ?? null]
}

function averageOf({sample}: Queue): number {
  return sample?.averageBytes ?? 0
}

function largestOf({sample}: Queue): number {
  return sample?.largestBytes ?? 0
}

function inWords(queue: Queue): string {
  const average = averageOf(queue)
  return average > mostOnAverage
    ? `a message of ${queue.name} takes ${bytes(average)} of memory on average`
    : `a message of ${queue.name} has ${bytes(largestOf(queue))}`
}
