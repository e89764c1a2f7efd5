import {confirmBy, cureBy, type Remedy} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {restartAgain} from './fixable.ts'
import {inShort, toldByCheck, toldByLog} from './log-causes.ts'
import {hubMon, lastWords} from './names.ts'
import {severityOf, worst} from './stack-severity.ts'

/** What was unwell a moment ago may be well since: the next health check says it, and takes its time. */
function nextCheckSeconds({healthEverySeconds = 30}: Container): number {
  return Math.ceil(healthEverySeconds) + 5
}

export const stackHealthy = defineCheck({
  id: 'stack.healthy',
  category: 'stack',
  title: 'Every health check passes',
  why: "The engine's own health checks look from inside the container, where ours cannot.",
  looksAt: 'The health that the engine keeps of each running container, and the last output of its check.',
  confirm: ["docker inspect --format '{{json .State.Health}}' hub-celery-worker"],
  cure: ['hub-mon restart celery-worker'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['logs'],
  follows: [
    'redis.reachable',
    'redis.writable',
    {check: 'stack.running', of: 'redis'},
    {check: 'stack.restart-loop', of: 'the-same'},
    {check: 'celery.nodes-answering', of: 'the-same'},
    {check: 'celery.nodes-online', of: 'the-same'},
    {check: 'flower.reachable', of: 'the-same'},
    {check: 'recorder.records', of: 'the-same'},
    {check: 'recorder.room', of: 'the-same'},
  ],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    const running = docker.containers.filter(({state, health}) => state === 'running' && health !== null)
    const sick = running.filter(({health}) => health === 'unhealthy')
    const told = (container: Container) => toldByLog(snapshot, container) ?? toldByCheck(snapshot, container)
    if (sick.length > 0)
      return fail(
        sick
          .map(one => `${one.service} is unhealthy${said(one.healthOutput)}${inShort(told(one))}`)
          .join('; '),
        {
          severity: worst(sick.map(({role}) => severityOf(role))),
          affects: [...new Set(sick.map(({service}) => service))],
          evidence: sick.flatMap(one => [
            {label: one.name, value: one.healthOutput ?? 'unhealthy'},
            ...(told(one)?.evidence ?? []),
          ]),
          remedies: sick.flatMap(container => [
            ...(told(container)?.cures ?? []),
            ...startAgain(snapshot, container, told(container)?.cause.lasting),
            confirmBy(
              'what its check says',
              ...['docker', 'inspect', '--format', '{{json .State.Health}}', container.name],
            ),
            ...lastWords(container),
          ]),
        },
      )
    if (running.length === 0) return skip('no running container has a health check')
    const starting = running.filter(({health}) => health === 'starting')
    if (starting.length > 0)
      return skip(`not told yet: ${starting.map(({service}) => service).join(', ')} still starting`)
    return pass(`${running.length} of ${running.length} healthy`)
  },
})

/** `lasting`: a restart alone would change nothing. */
function startAgain(snapshot: Snapshot, container: Container, lasting = false): Remedy[] {
  const {service} = container
  return [
    lasting
      ? cureBy('then start it anew', ...hubMon(snapshot, 'restart', service))
      : restartAgain(snapshot, service, `restart ${service}`, nextCheckSeconds(container)),
  ]
}

/** The last line says most. */
function said(output: string | null): string {
  const line = output?.trim().split('\n').at(-1)?.trim() ?? ''
  return line === '' ? '' : `: ${line}`
}
