import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'

export type WebhookReceiver = {
  port: number
  url: string
  /** Bodies that were taken, in the order in which they came. */
  taken: () => {id: string; event: string; attempt: number; alert: {key: string}}[]
  /** From now on answers this. */
  answer: (status: number) => void
  stop: () => Promise<void>
}

/** Takes webhooks on 127.0.0.1; on a port of its own where one is given. */
export async function startReceiver(given = 0): Promise<WebhookReceiver> {
  const taken: ReturnType<WebhookReceiver['taken']> = []
  let status = 204
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      if (status === 204) taken.push(JSON.parse(body))
      response.writeHead(status).end(status === 204 ? undefined : 'not today')
    })
  })
  await new Promise<void>(resolve => server.listen(given, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/hooks/canary-in-the-path`,
    taken: () => taken,
    answer(next) {
      status = next
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
