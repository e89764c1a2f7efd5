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
/** What ran for less the engine starts again after twice the time that it waited before, and what ran for longer at once. */
const briefSeconds = 10
/** Together with its own work, a wait of less may be the first. */
const longerWaitSeconds = 2
/** To import the application and to connect: what dies at its start is dead by then. */
const startSeconds = 30

export const stackRestartLoop = defineCheck({
  id: 'stack.restart-loop',
  category: 'stack',
  title: 'No container restarts again and again',
  why: 'A container that dies and is restarted looks up whenever somebody looks, and loses its work each time.',
  looksAt:
    'Containers that are between two starts, and 3 or more restarts with the last in the past 10 minutes, until it has run for twice as long as it used to.',
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
          'where its settings are as they were: start it at once, and not when its turn comes',
          ...hubMon(snapshot, 'restart', container.service),
        ),
      ]),
    })
  },
})

function isLooping(container: Container, takenAt: string): boolean {
  const {state, restartCount, startedAt} = container
  if (state === 'restarting') return true
  if (state !== 'running' || restartCount < manyRestarts) return false
  const runs = secondsSince(startedAt, takenAt)
  return runs < Math.min(recentSeconds, Math.max(startSeconds, 2 * usualSeconds(container)))
}

/** How long it ran each time at the most, as far as the engine's figures tell. */
function usualSeconds({createdAt, startedAt, finishedAt, restartCount}: Container): number {
  if (startedAt === null) return Number.POSITIVE_INFINITY
  const waited = finishedAt === null ? 0 : secondsSince(finishedAt, startedAt)
  if (waited >= longerWaitSeconds) return briefSeconds
  // The count begins anew where somebody starts it, so that this is too much rather than too little.
  return createdAt === undefined
    ? Number.POSITIVE_INFINITY
    : secondsSince(createdAt, startedAt) / restartCount
}

function hasComeBack({state, health, startedAt}: Container, takenAt: string): boolean {
  return state === 'running' && (health === 'healthy' || secondsSince(startedAt, takenAt) >= settledSeconds)
}

function inWords({service, restartCount, state, startedAt, exitCode}: Container, takenAt: string): string {
  const times = plural(restartCount, 'restart')
  if (state === 'restarting') return `${service} dies with exit code ${exitCode} and is restarted (${times})`
  return `${service} has had ${times}, the last ${duration(secondsSince(startedAt, takenAt))} ago`
}
