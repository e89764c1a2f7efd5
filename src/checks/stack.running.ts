import {confirmBy, cureBy, decide, type Remedy, type Severity} from '../report/finding.ts'
import type {Container, DockerFacts} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {attach, startAgain, unpause} from './fixable.ts'
import {decisionsOn, type InTheWay, inTheWay} from './in-the-way.ts'
import {inShort, type Told, toldByLog} from './log-causes.ts'
import {hubMon, isLeftOut, lastWords} from './names.ts'
import {holderOf, isOurs} from './port-holder.ts'
import {severityOf, worst} from './stack-severity.ts'

export const stackRunning = defineCheck({
  id: 'stack.running',
  category: 'stack',
  title: 'Every service runs',
  why: 'A service without a running container does none of its work; what stands on it fails with it.',
  looksAt: 'The services of the compose file and the state, exit code and error of their containers.',
  confirm: ['docker compose -p hub ps --all', 'docker logs --tail 20 hub-celery-worker'],
  cure: ['hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['compose', 'host', 'logs'],
  follows: [
    {check: 'stack.oom-killed', of: 'the-same'},
    {check: 'stack.restart-loop', of: 'the-same'},
  ],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    if (docker.containers.length === 0) return skip('there is no stack')
    const down = [
      ...missing(snapshot, docker),
      ...docker.containers.flatMap(one => stopped(one, docker)),
    ].map(one => ({
      ...one,
      obstacles: obstaclesTo(snapshot, one),
      told: toldByLog(snapshot, one.container ?? undefined),
    }))
    if (down.length === 0)
      return pass(`${docker.containers.filter(({state}) => state === 'running').length} containers run`)
    return fail(down.map(one => inFull(one) + inShort(one.told)).join('; '), {
      severity: worst(down.map(({severity}) => severity)),
      affects: [...new Set(down.map(({service}) => service))],
      evidence: down.flatMap(({service, evidence, told}) => [
        {label: service, value: evidence},
        ...(told?.evidence ?? []),
      ]),
      remedies: remediesFor(snapshot, down),
    })
  },
})

type Down = {
  service: string
  what: string
  /** The engine's own words, where a start failed. */
  said: string | null
  evidence: string
  severity: Severity
  container: Container | null
}

function obstaclesTo({sources, target}: Snapshot, {service, container}: Down): InTheWay[] {
  const host = factsFrom(sources.host)
  if (host === undefined || (container !== null && !mayStart(container))) return []
  return [
    ...host.ports
      .filter(port => port.service === service && !port.free && !isOurs(port, target.project))
      .map(port => ({
        what: `port ${port.port} is held by ${holderOf(port)}`,
        decision: `stop what holds port ${port.port}, or publish ${service} on another${service === 'flower' ? ` (FLOWER_PORT=${port.port + 1})` : ''}`,
      })),
    ...(host.obstacles ?? []).filter(obstacle => obstacle.service === service).map(inTheWay),
  ]
}

function mayStart({state}: Container): boolean {
  return state === 'created' || state === 'exited' || state === 'dead'
}

/** What was found out says more than the engine does. */
function inFull({service, what, said, obstacles}: Down & {obstacles: InTheWay[]}): string {
  const why = obstacles.map(obstacle => obstacle.what).join(', ') || said
  return `${service} ${what}${why === null ? '' : `: ${why}`}`
}

function missing(snapshot: Snapshot, docker: DockerFacts): Down[] {
  const planned = factsFrom(snapshot.sources.compose)?.config?.services ?? []
  return planned
    .filter(({name}) => !docker.containers.some(({service}) => service === name))
    .filter(({name}) => !isLeftOut(snapshot, name))
    .map(({name, role}) => ({
      ...{service: name, what: 'has no container', evidence: 'no container', container: null, said: null},
      severity: severityOf(role),
    }))
}

function stopped(container: Container, docker: DockerFacts): Down[] {
  const {service, role, state, exitCode} = container
  if (state === 'running' && !isCutOff(container)) return []
  // A service of the user's own that has done its work: a migration, a one-shot.
  if (role === null && state === 'exited' && exitCode === 0) return []
  return [
    {
      ...{
        service,
        container,
        what: inWords(container),
        said: container.error === null || container.error === '' ? null : container.error,
        evidence: state === 'exited' || state === 'restarting' ? `${state}, exit code ${exitCode}` : state,
      },
      severity: othersRun(docker, service) ? 'warning' : severityOf(role),
    },
  ]
}

/** Nothing reaches it and it reaches nothing, however healthy it calls itself. */
function isCutOff({state, networks}: Container): boolean {
  return state === 'running' && networks?.length === 0
}

function othersRun(docker: DockerFacts, service: string): boolean {
  return docker.containers.some(
    other => other.service === service && other.state === 'running' && !isCutOff(other),
  )
}

function inWords({state, exitCode, oomKilled}: Container): string {
  switch (state) {
    case 'created':
      return 'was created and never started'
    case 'paused':
      return 'is paused'
    case 'restarting':
      return `is between two starts (exit code ${exitCode})`
    case 'exited':
      if (oomKilled) return `was killed for memory (exit code ${exitCode})`
      return exitCode === 0 || exitCode === 143
        ? `was stopped (exit code ${exitCode})`
        : `exited with code ${exitCode}`
    case 'running':
      return 'runs, but is attached to no network'
    default:
      return `is ${state}`
  }
}

function reattach({sources}: Snapshot, container: Container): Remedy {
  const network = factsFrom(sources.docker)?.containers.flatMap(({networks}) => networks ?? [])[0]
  return network === undefined
    ? decide(`make ${container.service} anew: docker rm -f ${container.name}, then up`)
    : attach(container, network)
}

type Explained = Down & {obstacles: InTheWay[]; told: Told | null}

function remediesFor(snapshot: Snapshot, down: readonly Explained[]): Remedy[] {
  const paused = down.flatMap(({container}) => (container?.state === 'paused' ? [container] : []))
  const cutOff = down.flatMap(({container}) => (container?.state === 'running' ? [container] : []))
  // Where it would end the same way again, that is for whoever has mended it.
  const lasting = down.some(({told, obstacles}) => told?.cause.lasting === true || obstacles.length > 0)
  const startIt = lasting
    ? cureBy('then start it', ...hubMon(snapshot, 'up'))
    : startAgain(snapshot, 'start what is missing')
  const start = down.length > paused.length + cutOff.length ? [startIt] : []
  return [
    ...paused.map(unpause),
    ...cutOff.map(container => reattach(snapshot, container)),
    ...decisionsOn(down.flatMap(({obstacles}) => obstacles)),
    ...down.flatMap(({told}) => told?.cures ?? []),
    ...start,
    ...down.flatMap(({container}) =>
      container === null
        ? []
        : container.state === 'created'
          ? [
              confirmBy(
                'why it did not start',
                'docker',
                'inspect',
                '--format',
                '{{.State.Error}}',
                container.name,
              ),
            ]
          : lastWords(container),
    ),
  ]
}
