import {confirmBy, cureBy, decide, type Severity} from '../report/finding.ts'
import type {Container, ContainerRights} from '../snapshot/docker.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {hubMon, listed} from './names.ts'
import {weightOf} from './production.ts'
import {worst} from './stack-severity.ts'

export const securityContainers = defineCheck({
  id: 'security.containers',
  category: 'security',
  title: 'Containers can do no more than their work',
  why: "A task that is taken over has what its container has: root, a privileged container or the engine's socket are the whole machine.",
  looksAt:
    "Which user each container of the hub runs as, whether it is privileged, has capabilities beyond the engine's own, or the engine's socket.",
  confirm: ['docker inspect --format {{json .HostConfig.CapAdd}} hub-celery-worker'],
  cure: [
    '# user:, and neither privileged: nor cap_add: nor docker.sock, in the compose file, then: hub-mon up',
  ],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    const told = docker.containers.flatMap(container =>
      container.state === 'running' && container.rights !== undefined
        ? [{container, rights: container.rights}]
        : [],
    )
    if (told.length === 0) return skip('what containers may do is not known')
    const bad = told
      .map(({container, rights}) => ({container, faults: faultsOf(container, rights)}))
      .filter(({faults}) => faults.length > 0)
    if (bad.length === 0) {
      const unknown = told.filter(
        ({container, rights}) => container.role !== null && rights.user.root === null,
      )
      return unknown.length > 0
        ? skip(`as whom ${listed(unknown.map(({container}) => container.service))} runs could not be told`)
        : pass('neither root, nor privileged, nor in reach of the engine')
    }
    const services = bad.map(({container}) => container.service)
    return fail(
      listed(
        bad.map(
          ({container, faults}) => `${container.service} ${faults.map(({says}) => says).join(' and ')}`,
        ),
      ),
      {
        // Others reach a container through what it publishes; what it may do then is not a matter of where.
        severity: weightOf(
          snapshot,
          worst(bad.flatMap(({faults}) => faults.map(({severity}) => severity))),
          false,
        ),
        affects: services,
        evidence: bad.flatMap(({container, faults}) =>
          faults.map(({says}) => ({label: container.service, value: says})),
        ),
        remedies: [
          decide(
            `take it away from ${listed(services)} in the compose file: ${[...new Set(bad.flatMap(({faults}) => faults.map(({mend}) => mend)))].join('; ')}`,
          ),
          cureBy('apply it', ...hubMon(snapshot, 'up')),
          ...bad
            .slice(0, 3)
            .map(({container}) =>
              confirmBy(
                'what it may do',
                ...['docker', 'inspect', '--format', '{{json .HostConfig}}', container.name],
              ),
            ),
        ],
      },
    )
  },
})

type Fault = {says: string; mend: string; severity: Severity}

/** Of services beside the hub, only what gives away the machine: as whom they run is their owner's. */
function faultsOf({role}: Container, {privileged, dockerSocket, capAdd, user}: ContainerRights): Fault[] {
  const needless = capAdd.filter(capability => !harmless.has(capability))
  return [
    ...(privileged ? [{says: 'is privileged', mend: 'no privileged:', severity: 'critical' as const}] : []),
    ...(dockerSocket
      ? [
          {
            says: "has the engine's socket",
            mend: 'no docker.sock among its volumes',
            severity: 'critical' as const,
          },
        ]
      : []),
    ...(needless.length > 0 && !privileged
      ? [{says: `has ${needless.join(', ')}`, mend: 'no cap_add:', severity: 'warning' as const}]
      : []),
    ...(role !== null && user.root === true
      ? [{says: 'runs as root', mend: 'user: with a number', severity: 'warning' as const}]
      : []),
  ]
}

/** To listen on a port below 1024, which takes nothing else. */
const harmless = new Set(['NET_BIND_SERVICE'])
