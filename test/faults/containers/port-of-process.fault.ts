import {spawn} from 'node:child_process'
import {createConnection} from 'node:net'
import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {publishFlowerAt} from '../flower-port.ts'

export default defineFault({
  on: 'compose',
  title: 'Another program listens on the port that Flower is to be published on',
  async breakIt(hub) {
    const port = await publishFlowerAt(hub)
    const server = spawn('/usr/bin/python3', ['-m', 'http.server', String(port), '--bind', '127.0.0.1'], {
      cwd: hub.folder,
      stdio: 'ignore',
    })
    await until('it listens', 20, () => listens(port))
    await docker('rm', '--force', hub.container('flower'))
    await hub.type('docker compose -f docker-compose.monitoring.yml up -d flower')
    return server
  },
  expects: {
    first: 'stack.running',
    verdict: 'warning',
    says: /^flower was created and never started: port \d+ is held by .*python3 -m http\.server .* \(pid \d+\)/,
  },
  cure: {
    decision: /^stop what holds port \d+, or publish flower on another \(FLOWER_PORT=\d+\)/,
    carryOut: (_hub, server) =>
      new Promise(resolve => {
        server.once('exit', resolve)
        server.kill()
      }),
    afterwards: 'typed',
  },
  async tidy(hub) {
    await hub.restoreFile()
    await hub.type('hub-mon up')
  },
})

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
