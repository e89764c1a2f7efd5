import {createServer} from 'node:net'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Flower accepts connections and never answers',
  async breakIt(hub) {
    const {close, port} = await hub.flower(['one@test'])
    await close()
    const silent = createServer(socket => socket.on('error', () => {}))
    await new Promise<void>(resolve => silent.listen(port, '127.0.0.1', resolve))
    hub.atEnd(async () => silent.close())
    return silent
  },
  expects: {first: 'flower.reachable', verdict: 'warning', says: /^Flower at .* did not answer in time/},
  cure: {
    decision: /^start Flower where it runs/,
    carryOut: hub => hub.flower(['one@test']),
  },
})
