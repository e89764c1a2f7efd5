import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'At the address that is typed something else answers: a web server',
  async breakIt(hub) {
    const server = createServer((_request, response) => response.end('no Redis'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    hub.atEnd(async () => server.close())
    const right = hub.redisUrl
    hub.redisUrl = `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`
    return right
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /does not speak Redis's protocol$/},
  cure: {
    decision: /^correct the port: something else listens there$/,
    carryOut: async (hub, right) => {
      hub.redisUrl = right
    },
  },
})
