import {readFile, writeFile} from 'node:fs/promises'
import {defineFault} from '../fault.ts'
import {bringIntoProduction} from './in-production.ts'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'In production, somebody has published a port of Flower beside the proxy',
  async breakIt(hub) {
    await bringIntoProduction(hub)
    const before = await readFile(hub.productionFile, 'utf8')
    const opened = before.replace(/^ {2}flower:\n/m, '  flower:\n    ports: ["127.0.0.1::5555"]\n')
    if (opened === before) throw new Error('the production file has no service flower')
    await writeFile(hub.productionFile, opened)
    await hub.type('hub-mon up')
    return before
  },
  expects: {
    first: 'security.around-the-proxy',
    verdict: 'warning',
    says: /^flower is published on 127\.0\.0\.1:\d+: around the proxy, on this machine alone$/,
  },
  cure: {
    decision: /^take the ports of flower out of the compose file$/,
    carryOut: (hub, before) => writeFile(hub.productionFile, before),
    afterwards: 'typed',
  },
})
