import {createServer} from 'node:net'

/** Whether a server could listen there now. What we may not try (a low port, a foreign address) counts as free. */
export function canListen(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.unref()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
    server.listen({host: host === '' ? '0.0.0.0' : host, port, exclusive: true}, () =>
      server.close(() => resolve(true)),
    )
  })
}
