import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import {isBeyondLoopback} from '../snapshot/loopback.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {containersOf, hubMon, listed} from './names.ts'
import {inProduction} from './production.ts'

export const securityAroundTheProxy = defineCheck({
  id: 'security.around-the-proxy',
  category: 'security',
  title: 'Nothing leads around the proxy',
  why: 'A port of Flower or Redis beside the proxy has neither its HTTPS nor its password nor its list of addresses.',
  looksAt: 'The ports that Flower and Redis publish in production: none.',
  confirm: ['docker port hub-flower', 'docker port hub-redis'],
  cure: ['# no ports: of flower and redis in the compose file, then: hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(snapshot) {
    if (!inProduction(snapshot)) return skip('no proxy stands in front of this hub')
    const inside = [...containersOf(snapshot, 'flower'), ...containersOf(snapshot, 'redis')]
    if (inside.length === 0) return skip('there is neither a Flower nor a Redis')
    const beside = inside.filter(({ports}) => ports.length > 0)
    if (beside.length === 0) return pass('neither Flower nor Redis publishes a port')
    const beyond = beside.some(({ports}) => ports.some(({hostIp}) => isBeyondLoopback(hostIp)))
    return fail(`${listed(beside.map(words))}: around the proxy${beyond ? '' : ', on this machine alone'}`, {
      severity: beyond ? 'critical' : 'warning',
      affects: beside.map(({service}) => service),
      evidence: beside.map(container => ({
        label: `published by ${container.service}`,
        value: places(container),
      })),
      remedies: [
        decide(`take the ports of ${listed(beside.map(({service}) => service))} out of the compose file`),
        cureBy('apply it', ...hubMon(snapshot, 'up')),
        ...beside.map(({name}) => confirmBy('its ports', 'docker', 'port', name)),
      ],
    })
  },
})

function words(container: Container): string {
  return `${container.service} is published on ${places(container)}`
}

function places({ports}: Container): string {
  return listed(ports.map(({hostIp, hostPort}) => `${hostIp}:${hostPort}`))
}
