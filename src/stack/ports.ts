import {HubError} from '../errors/hub-error.ts'
import {commandLine} from '../render/text/shell.ts'
import type {ComposeService} from '../snapshot/compose.ts'
import type {HostPort} from '../snapshot/host.ts'
import {readPublishers} from '../sources/docker/published.ts'
import {readHost} from '../sources/host/read-host.ts'
import {tryTo} from './failure.ts'
import {hubMon, type Stack} from './stack.ts'
import type {StepReport} from './step.ts'

/** Throws a `HubError` (69) that says who holds a port which the file publishes and which is not ours. */
export async function refusePortsInUse(
  stack: Stack,
  services: readonly ComposeService[],
  report: StepReport,
): Promise<void> {
  const fixed = services.flatMap(({name, ports}) =>
    ports.flatMap(({hostIp, hostPort}) =>
      hostPort === null ? [] : [{hostIp, port: hostPort, service: name}],
    ),
  )
  if (fixed.length === 0) return report.skipped('none on a fixed number')
  if (!stack.engine.local) return report.skipped('the engine is on another machine')
  const publishers = await tryTo(stack.signal, () => readPublishers(stack.engine, stack.signal))
  const {ports} = await readHost({ports: fixed, publishers, diskPaths: [], secrets: stack.secrets})
  const held = ports.filter(({free, holder}) => !free && !isOurs(holder, stack.project))
  if (held.length === 0) return report.done(`free: ${fixed.map(({port}) => port).join(', ')}`)
  throw new HubError('unavailable', 'port-in-use', held.map(sentence).join('; '), {
    suggestions: held.flatMap(port => suggestions(port, stack)),
  })
}

function isOurs(holder: HostPort['holder'], project: string): boolean {
  return holder !== null && 'container' in holder && holder.project === project
}

function sentence({hostIp, port, service, holder}: HostPort): string {
  const who =
    holder === null
      ? 'something that we may not look at'
      : 'container' in holder
        ? `the container ${holder.container}${holder.project === null ? '' : ` of project ${holder.project}`}`
        : `process ${holder.pid}: ${holder.command}`
  return `port ${port} on ${hostIp}, which ${service} wants, is held by ${who}`
}

function suggestions({port, service, holder}: HostPort, stack: Stack): string[] {
  const stop =
    holder === null
      ? `see who holds it: sudo ss -ltnp 'sport = :${port}'`
      : 'container' in holder
        ? `stop it: ${commandLine(['docker', 'stop', holder.container])}`
        : `stop it: kill ${holder.pid}`
  const elsewhere =
    service === 'flower' ? [`or use another port: FLOWER_PORT=${port + 1} ${hubMon(stack, 'up')}`] : []
  return [stop, ...elsewhere]
}
