import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {inShort, toldByLog} from './log-causes.ts'
import {hubMon, lastWords} from './names.ts'
import {severityOf, worst} from './stack-severity.ts'

const manyRestarts = 3
const recentSeconds = 600
/** The engine waits at most a minute between two starts: what has run longer has come back. */
const settledSeconds = 60

export const stackRestartLoop = defineCheck({
  id: 'stack.restart-loop',
  category: 'stack',
  title: 'No container restarts again and again',
  why: 'A container that dies and is restarted looks up whenever somebody looks, and loses its work each time.',
  looksAt:
    'Containers that are between two starts, and 3 or more restarts with the last in the past 10 minutes.',
  confirm: ['docker logs --tail 20 hub-celery-worker'],
  cure: ['hub-mon logs celery-worker   # mend what it says, then: hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['logs'],
  follows: [
    {check: 'stack.oom-killed', of: 'the-same'},
    {check: 'stack.running', of: 'redis'},
    // What depends on Redis ends at its start when Redis refuses what it writes.
    'redis.writable',
  ],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    if (docker.containers.length === 0) return skip('there is no stack')
    const looping = docker.containers.filter(container => isLooping(container, snapshot.takenAt))
    if (looping.length === 0) return pass('none')
    const told = (container: Container) => toldByLog(snapshot, container)
    const saying = (container: Container) => inWords(container, snapshot.takenAt) + inShort(told(container))
    return fail(looping.map(saying).join('; '), {
      severity: worst(
        looping.map(one => (hasComeBack(one, snapshot.takenAt) ? 'warning' : severityOf(one.role))),
      ),
      affects: [...new Set(looping.map(({service}) => service))],
      evidence: looping.flatMap(container => [
        {label: `restarts of ${container.name}`, value: container.restartCount, unit: 'count' as const},
        ...(told(container)?.evidence ?? []),
      ]),
      remedies: looping.flatMap(container => [
        ...(told(container)?.cures ?? []),
        ...lastWords(container),
        confirmBy('how it ended', 'docker', 'inspect', '--format', '{{json .State}}', container.name),
        decide(`mend what ends ${container.service}; its last lines say it`),
        cureBy('then start it', ...hubMon(snapshot, 'up')),
        cureBy(
          'where its settings are as they were: start it anew, and its count with it',
          ...hubMon(snapshot, 'restart', container.service),
        ),
      ]),
    })
  },
})

function isLooping({state, restartCount, startedAt}: Container, takenAt: string): boolean {
  if (state === 'restarting') return true
  return (
    state === 'running' && restartCount >= manyRestarts && secondsSince(startedAt, takenAt) < recentSeconds
  )
}

function hasComeBack({state, health, startedAt}: Container, takenAt: string): boolean {
  return state === 'running' && (health === 'healthy' || secondsSince(startedAt, takenAt) >= settledSeconds)
}

function inWords({service, restartCount, state, startedAt, exitCode}: Container, takenAt: string): string {
  const times = plural(restartCount, 'restart')
  if (state === 'restarting') return `${service} dies with exit code ${exitCode} and is restarted (${times})`
  return `${service} has had ${times}, the last ${duration(secondsSince(startedAt, takenAt))} ago`
}
