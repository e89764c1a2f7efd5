import {type AddressInfo, createConnection, createServer, type Socket} from 'node:net'

/** A way to a service on 127.0.0.1 that can go bad as networks do: some connections, or all of them. */
export type Proxy = {
  port: number
  /** Holds back what clients say on connections that have ever given this command, now and from now on: half-open, nobody notices. */
  freeze: (command: string) => void
  /** Lets go of what was held back. */
  thaw: () => void
  /** Ends every connection that there is now, as a firewall does with RST. */
  cut: () => void
  /** Nobody gets through any more: what comes is accepted and never answered. */
  drop: () => void
  /** Connections that are held back. */
  frozen: () => number
  close: () => Promise<void>
}

type Pair = {client: Socket; service: Socket; said: Set<string>; held: Buffer[] | null}

export async function startProxy(port: number): Promise<Proxy> {
  const pairs = new Set<Pair>()
  let frozenCommand: string | null = null
  let dropping = false
  const isFrozen = ({said}: Pair) => dropping || (frozenCommand !== null && said.has(frozenCommand))
  const hold = (pair: Pair) => {
    if (isFrozen(pair)) pair.held ??= []
  }
  const server = createServer(client => {
    const service = createConnection(port, '127.0.0.1')
    const pair: Pair = {client, service, said: new Set(), held: null}
    pairs.add(pair)
    client.on('data', chunk => {
      // Commands stand first in what is sent; bodies are of no interest.
      for (const [, word = ''] of chunk.toString('latin1', 0, 400).matchAll(/\r\n([A-Z]{3,20})(?=\r\n)/g))
        pair.said.add(word)
      hold(pair)
      if (pair.held === null) service.write(chunk)
      else pair.held.push(chunk)
    })
    service.on('data', chunk => {
      if (!dropping) client.write(chunk)
    })
    for (const [one, other] of [
      [client, service],
      [service, client],
    ] as const) {
      one.on('error', () => one.destroy())
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    freeze(command) {
      frozenCommand = command
      for (const pair of pairs) hold(pair)
    },
    thaw() {
      frozenCommand = null
      dropping = false
      for (const pair of pairs) {
        for (const chunk of pair.held ?? []) pair.service.write(chunk)
        pair.held = null
      }
    },
    cut() {
      for (const {client, service} of pairs) {
        client.resetAndDestroy()
        service.resetAndDestroy()
      }
    },
    drop() {
      dropping = true
      for (const pair of pairs) hold(pair)
    },
    frozen: () => [...pairs].filter(({held}) => held !== null).length,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const {client, service} of pairs) {
          client.destroy()
          service.destroy()
        }
      }),
  }
}
