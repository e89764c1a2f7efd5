import {confirmBy, decide} from '../report/finding.ts'
import type {HostPort} from '../snapshot/host.ts'
import {defineCheck, fail, pass} from './check.ts'
import {holderOf, isOurs} from './port-holder.ts'

export const hostPortsFree = defineCheck({
  id: 'host.ports-free',
  category: 'host',
  title: 'The published ports are free',
  why: 'A service whose port is taken cannot start, and the rest of the stack is left half up.',
  looksAt: 'The ports that the compose file publishes under fixed numbers, and who holds them.',
  confirm: ["sudo ss -ltnp 'sport = :5555'", 'docker ps --filter publish=5555'],
  cure: ['FLOWER_PORT=5556 hub-mon up'],
  severity: 'critical',
  phase: 'pre',
  needs: ['host'],
  judge({target}, {host}) {
    const taken = host.ports.filter(port => !port.free && !isOurs(port, target.project))
    if (taken.length === 0) return pass(host.ports.length === 0 ? 'none is published' : listed(host.ports))
    return fail(taken.map(inWords).join('; '), {
      affects: [...new Set(taken.map(({service}) => service))],
      evidence: taken.map(port => ({label: `${port.hostIp}:${port.port}`, value: holderOf(port)})),
      remedies: taken.flatMap(port => [
        port.service === 'flower'
          ? decide(`stop it, or choose another port: FLOWER_PORT=${port.port + 1}`)
          : decide(`stop it, or publish ${port.service} on another port`),
        port.holder !== null && 'container' in port.holder
          ? confirmBy('the container', 'docker', 'ps', '--filter', `publish=${port.port}`)
          : confirmBy('who listens there', 'sudo', 'ss', '-ltnp', `sport = :${port.port}`),
      ]),
    })
  },
})

function listed(ports: readonly HostPort[]): string {
  return ports.map(({port}) => port).join(', ')
}

function inWords(port: HostPort): string {
  return `port ${port.port} for ${port.service} is held by ${holderOf(port)}`
}
