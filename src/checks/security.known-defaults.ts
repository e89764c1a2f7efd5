import {confirmBy, decide} from '../report/finding.ts'
import {isBeyondLoopback} from '../snapshot/loopback.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {affectedBy, hubMon, listed} from './names.ts'
import {closeIt, weightOf} from './production.ts'

export const securityKnownDefaults = defineCheck({
  id: 'security.known-defaults',
  category: 'security',
  title: 'No password is one that everybody knows',
  why: 'What stands in an example, or is tried first by everybody, keeps nobody out.',
  looksAt:
    'The passwords in variables and command lines of the hub, and the one that we use for Redis, against those of examples and those that are tried first. They are not kept.',
  confirm: ['hub-mon doctor --only security.known-defaults --json'],
  cure: ['# another password, where the finding says, then: hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['redis', 'outside'],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    const told = docker.containers.filter(({rights}) => rights !== undefined)
    const redis = factsFrom(snapshot.sources.redis)?.rights
    if (told.length === 0 && redis === undefined) return skip('no password could be looked at')
    const known = told.filter(({rights}) => (rights?.knownDefaults.length ?? 0) > 0)
    const ofRedis = redis?.knownDefault === true
    if (known.length === 0 && !ofRedis) return pass('none of those that could be looked at')
    const places = known.map(({service, rights}) => `${listed(rights?.knownDefaults ?? [])} of ${service}`)
    const said = [...places, ...(ofRedis ? [`the one that Redis takes from ${redis?.user ?? 'us'}`] : [])]
    const services = [
      ...new Set([...known.map(({service}) => service), ...(ofRedis ? affectedBy(snapshot, 'redis') : [])]),
    ]
    return fail(`a password that everybody knows: ${listed(said)}`, {
      severity: weightOf(snapshot, 'critical', isPublishedBeyond(snapshot)),
      affects: services,
      evidence: said.map(place => ({label: 'known to everybody', value: place})),
      remedies: [
        decide(`put another password there: ${listed(said)}`),
        ...closeIt(snapshot, 'passwords that were made for this hub'),
        confirmBy('look again', ...hubMon(snapshot, 'doctor', '--only', 'security.known-defaults')),
      ],
    })
  },
})

function isPublishedBeyond(snapshot: Snapshot): boolean {
  const containers = factsFrom(snapshot.sources.docker)?.containers ?? []
  return containers.some(
    ({role, ports}) => role !== null && ports.some(({hostIp}) => isBeyondLoopback(hostIp)),
  )
}
