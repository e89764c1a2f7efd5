import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {commandLine} from '../render/text/shell.ts'
import type {Finding} from '../report/finding.ts'
import type {Container, Role} from '../snapshot/docker.ts'
import {lastWords} from './failure.ts'
import {hubMon, type Stack} from './stack.ts'
import type {Waited} from './wait.ts'

const roles: Record<string, Role> = {redis: 'redis', celery: 'worker', flower: 'flower', recorder: 'recorder'}

/** Which service, what it said last, and what `doctor` says: 69 when waiting is of no use, 75 when time is over. */
export async function notHealthy(
  stack: Stack,
  containers: readonly Container[],
  {report, missing, hopeless}: Waited,
  seconds: number,
): Promise<HubError> {
  const cause = missing[0]
  const container = culprit(containers, cause)
  const words =
    container === undefined ? [] : await lastWords(stack.engine, container, stack.secrets, stack.signal)
  const running = containers.filter(({state}) => state === 'running').map(({service}) => service)
  const detail = [
    ...missing.map(({title, message}) => `${title}: no; ${clean(message)}`),
    ...(words.length === 0 ? [] : [`last lines of ${container?.name}:`, ...words]),
    `running: ${running.join(', ') || 'none'}; they are left as they are`,
  ]
  const remedies = (cause?.remedies ?? []).flatMap(({command}) =>
    command === undefined ? [] : [commandLine(command)],
  )
  const suggestions = [
    ...new Set([...remedies, ...(report?.next ? [commandLine(report.next)] : []), hubMon(stack, 'doctor')]),
  ]
  return hopeless === null
    ? new HubError('gaveUp', 'wait-timeout', `gave up after ${seconds} s: ${whatIsMissing(missing)}`, {
        detail: detail.join('\n'),
        suggestions,
      })
    : new HubError('unavailable', 'start-failed', hopeless, {detail: detail.join('\n'), suggestions})
}

function whatIsMissing(missing: readonly Finding[]): string {
  return missing.map(({title}) => `not yet true: ${title}`).join('; ')
}

/** The container that has ended, else the one that the first finding is about. */
function culprit(containers: readonly Container[], cause: Finding | undefined): Container | undefined {
  const ended = containers.find(({state, role}) => role !== null && state !== 'running')
  return ended ?? containers.find(({role}) => role !== null && role === roles[cause?.category ?? ''])
}
