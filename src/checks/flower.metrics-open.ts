import {confirmBy, decide} from '../report/finding.ts'
import {isBeyondLoopback} from '../snapshot/loopback.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, containersOf} from './names.ts'

export const flowerMetricsOpen = defineCheck({
  id: 'flower.metrics-open',
  category: 'flower',
  title: "Flower's /metrics is no more open than its pages",
  why: 'Basic auth does not cover /metrics: names of tasks and nodes can be read by whoever reaches the port.',
  looksAt: '/metrics without credentials, where the pages ask for them.',
  confirm: ['curl -i http://127.0.0.1:5555/metrics'],
  cure: ['# a proxy in front of Flower that asks for the password there, too'],
  severity: 'notice',
  phase: 'running',
  needs: ['flower'],
  reads: ['docker'],
  follows: [{check: 'security.around-the-proxy', of: 'the-same'}],
  judge(snapshot, {flower}) {
    if (flower.metricsOpen === null || flower.asksAuth === null) return skip('could not be told')
    if (!flower.asksAuth) return pass('no auth is set at all: nothing is promised')
    if (!flower.metricsOpen) return pass('closed')
    const containers = containersOf(snapshot, 'flower')
    if (containers.length > 0 && containers.every(({ports}) => ports.length === 0))
      return pass('open inside its own networks alone: Flower publishes no port')
    const beyond = reachedFromElsewhere(snapshot, flower.url)
    return fail(
      `/metrics answers without the password that the pages ask for${beyond ? ', beyond this machine' : ''}`,
      {
        severity: beyond ? 'warning' : 'notice',
        affects: affectedBy(snapshot, 'flower'),
        evidence: [{label: '/metrics without credentials', value: 'open'}],
        remedies: [
          confirmBy('what it tells', 'curl', '-s', `${flower.url}/metrics`),
          decide('put a proxy in front that asks for the password there, or publish it on 127.0.0.1 alone'),
        ],
      },
    )
  },
})

function reachedFromElsewhere(snapshot: Snapshot, url: string): boolean {
  const ports = containersOf(snapshot, 'flower').flatMap(container => container.ports)
  if (ports.length > 0) return ports.some(({hostIp}) => isBeyondLoopback(hostIp))
  return isBeyondLoopback(new URL(url).hostname)
}
