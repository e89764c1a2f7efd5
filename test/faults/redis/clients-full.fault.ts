import {createConnection, type Socket} from 'node:net'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Somebody holds every connection that Redis has to give',
  async breakIt({redis, atEnd}) {
    await redis.cli('CONFIG', 'SET', 'maxclients', '50')
    const held: Socket[] = []
    const letGo = async () => {
      for (const socket of held) socket.destroy()
    }
    atEnd(letGo)
    for (;;) {
      const socket = createConnection(redis.port, '127.0.0.1')
      held.push(socket)
      const first = await new Promise<string>((resolve, reject) => {
        socket.once('error', reject)
        socket.once('connect', () => socket.write('PING\r\n'))
        socket.once('data', data => resolve(data.toString()))
      })
      if (first.startsWith('-ERR max number of clients')) return letGo
    }
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /its maximum of clients is reached$/},
  cure: {decision: /^raise maxclients/, carryOut: (_hub, letGo) => letGo()},
})
