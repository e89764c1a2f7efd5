import {createServer, type Server} from 'node:net'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {Secrets} from '../../../../src/snapshot/secrets.ts'
import {parseListening} from '../../../../src/sources/host/listeners.ts'
import {readHost} from '../../../../src/sources/host/read-host.ts'

let server: Server
let port: number
beforeEach(async () => {
  server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterEach(() => new Promise(resolve => server.close(resolve)))

const read = (
  hostIp: string,
  publishers: {container: string; project: string | null; hostIp: string; port: number}[] = [],
) =>
  readHost({
    ports: [{hostIp, port, service: 'flower'}],
    publishers,
    diskPaths: ['/no/such/directory', process.cwd()],
    secrets: new Secrets(),
  })

describe('readHost', () => {
  it.skipIf(process.platform !== 'linux').each(['127.0.0.1', '0.0.0.0'])(
    'says which process holds a port that is wanted on %s',
    async hostIp => {
      const {ports} = await read(hostIp)
      expect(ports).toEqual([
        {
          hostIp,
          port,
          service: 'flower',
          free: false,
          holder: {pid: process.pid, command: expect.any(String)},
        },
      ])
    },
  )

  it('says which container holds it', async () => {
    const publishers = [{container: 'shop-flower', project: 'shop', hostIp: '0.0.0.0', port}]
    const {ports} = await read('127.0.0.1', publishers)
    expect(ports[0]).toMatchObject({free: false, holder: {container: 'shop-flower', project: 'shop'}})
  })

  it('finds a free port free, again and again', async () => {
    await new Promise(resolve => server.close(resolve))
    for (let round = 0; round < 3; round += 1)
      expect((await read('127.0.0.1')).ports[0]).toMatchObject({free: true, holder: null})
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  })

  it('does not take the port on another address for it', async () => {
    const publishers = [{container: 'other', project: null, hostIp: '127.0.0.9', port: port + 1}]
    expect((await read('127.0.0.1', publishers)).ports[0]?.holder).not.toMatchObject({container: 'other'})
  })

  it('measures the disk of the first path that is there', async () => {
    const {disk} = await read('127.0.0.1')
    expect(disk?.path).toBe(process.cwd())
    expect(disk?.totalBytes).toBeGreaterThan(disk?.freeBytes ?? Number.POSITIVE_INFINITY)
  })
})

it('reads listening sockets alone from the kernel', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:15B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0',
    '   1: 0100007F:15B3 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0',
  ].join('\n')
  expect(parseListening(table)).toEqual([{port: 5555, inode: '4711'}])
})
