import {mkdtempSync, rmSync} from 'node:fs'
import {createServer, type Server} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, it} from 'vitest'
import {Secrets} from '../../../../src/snapshot/secrets.ts'
import {openDocker} from '../../../../src/sources/docker/engine.ts'
import {readDocker} from '../../../../src/sources/docker/read-docker.ts'

const read = async (host: string, milliseconds = 2000) => {
  const engine = await openDocker({DOCKER_HOST: host})
  const query = {project: 'x', services: {}, secrets: new Secrets()}
  return readDocker(engine, query, AbortSignal.timeout(milliseconds))
}

let server: Server | undefined
afterEach(() => {
  server?.close()
  server = undefined
})
const listen = (onConnection: (write: (text: string) => void) => void): Promise<number> =>
  new Promise(resolve => {
    server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => onConnection(text => socket.end(text)))
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server?.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })

describe('an engine that cannot be read', () => {
  it('is named by DOCKER_HOST, where no socket is', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'no-engine-'))
    try {
      await expect(read(`unix://${directory}/docker.sock`)).rejects.toMatchObject({
        code: 'wrong-host',
        message: `DOCKER_HOST names unix://${directory}/docker.sock, and there is no such socket`,
      })
    } finally {
      rmSync(directory, {recursive: true})
    }
  })

  it('is at another address: nobody listens there', async () => {
    const port = await listen(() => {})
    await new Promise(resolve => server?.close(resolve))
    await expect(read(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({code: 'wrong-host'})
  })

  it('does not answer in time', async () => {
    const port = await listen(() => {})
    await expect(read(`tcp://127.0.0.1:${port}`, 100)).rejects.toMatchObject({code: 'timeout'})
  })

  it('is something else', async () => {
    const body = '<html>hello</html>'
    const port = await listen(write =>
      write(`HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    )
    await expect(read(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({code: 'api'})
  })

  it('wants TLS', async () => {
    const body = 'Client sent an HTTP request to an HTTPS server.'
    const port = await listen(write =>
      write(`HTTP/1.0 400 Bad Request\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    )
    await expect(read(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({code: 'wrong-host'})
  })

  it('has a name that nobody knows', async () => {
    await expect(read('tcp://no-such-engine.invalid:2375')).rejects.toMatchObject({code: 'wrong-host'})
  })
})
