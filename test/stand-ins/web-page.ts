import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

/** Some web server that has nothing to do with the hub, on a port of 127.0.0.1; a free one when absent. */
export async function startWebPage(port = 0): Promise<{port: number; close: () => Promise<unknown>}> {
  const server = createServer((_request, response) => {
    response.writeHead(200, {'content-type': 'text/html'}).end('<html><title>Grafana</title></html>')
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
