import type {RunningTask} from '../../snapshot/celery.ts'
import {bytes} from '../text/bytes.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {percent, plural} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {padEnd, wrapItems} from '../text/width.ts'
import type {View} from '../view.ts'
import type {Worker} from './rows.ts'

const indent = '  '
const labelWidth = 14

/** All that a node told of itself, a paragraph: what runs, how it is configured, what it can run. */
export function detailOf(worker: Worker, registered: readonly (readonly string[])[], view: View): string {
  const {strong, faint} = paletteFor(view)
  const room = (view.fit ? view.columns : Number.POSITIVE_INFINITY) - indent.length - labelWidth
  const lines = factsOf(worker, registered).flatMap(([label, items]) =>
    wrapItems(items.map(clean), ' ', room).map(
      (line, place) => `${indent}${faint(padEnd(place === 0 ? label : '', labelWidth))}${line}`,
    ),
  )
  return [strong(clean(worker.name)), ...lines].join('\n')
}

function factsOf(
  {running, reserved, scheduled, prefetch, conf, broker, container, registered, ...worker}: Worker,
  lists: readonly (readonly string[])[],
): [string, string[]][] {
  const tasks = registered === null ? undefined : lists[registered]
  return [
    ['state', [worker.state + (worker.duplicate ? ', more than one under this name' : '')]],
    ...(running === null ? [] : [['running', listed(running.map(inWords), 'nothing')] as [string, string[]]]),
    ...fact('holds', [
      ...told(reserved, count => `${count} reserved`),
      ...told(scheduled, count => `${count} scheduled`),
      ...told(prefetch, count => (count === 0 ? 'prefetch without bound' : `prefetch ${count}`)),
    ]),
    ...fact('queues', worker.queues ?? []),
    ...fact('broker', broker === null ? [] : [broker]),
    ...(conf === null
      ? []
      : fact('configuration', [
          conf.acksLate === true ? 'acknowledges late' : 'acknowledges early',
          `prefetch multiplier ${conf.prefetchMultiplier}`,
          limit('time limit', conf.taskTimeLimitSeconds),
          limit('soft time limit', conf.taskSoftTimeLimitSeconds),
          `visibility timeout ${duration(conf.visibilityTimeoutSeconds)}`,
          conf.sendsTaskEvents === true ? 'task events on' : 'task events only when told (-E)',
        ])),
    ...(conf === null
      ? []
      : fact('results', [
          ...(conf.resultBackend === null ? ['no result backend'] : [conf.resultBackend]),
          conf.resultExpiresSeconds === null
            ? 'kept for ever'
            : `kept for ${duration(conf.resultExpiresSeconds)}`,
        ])),
    ...(container === null
      ? []
      : fact('container', [
          container.name,
          ...told(container.cpuRatio, ratio => `CPU ${percent(ratio)}`),
          ...told(
            container.memoryBytes,
            used =>
              `memory ${bytes(used)}${container.memoryRatio === null ? '' : ` (${percent(container.memoryRatio)})`}`,
          ),
          ...(container.nodes > 1 ? [`of ${plural(container.nodes, 'node')} together`] : []),
        ])),
    ...(tasks === undefined ? [] : [['tasks', listed(tasks, 'none registered')] as [string, string[]]]),
  ]
}

function fact(label: string, items: readonly string[]): [string, string[]][] {
  return items.length === 0 ? [] : [[label, listed(items, '')]]
}

/** Items with commas between them. */
function listed(items: readonly string[], nothing: string): string[] {
  if (items.length === 0) return [nothing]
  return items.map((item, place) => (place + 1 < items.length ? `${item},` : item))
}

function told<T>(value: T | null, say: (value: T) => string): string[] {
  return value === null ? [] : [say(value)]
}

function limit(what: string, seconds: number | null): string {
  return seconds === null ? `no ${what}` : `${what} ${duration(seconds)}`
}

function inWords({name, id, runningSeconds}: RunningTask): string {
  return `${name} ${id}${runningSeconds === null ? '' : ` for ${duration(runningSeconds)}`}`
}
