import {randomBytes} from 'node:crypto'
import {type AddressInfo, createServer, type Socket} from 'node:net'

/** How a peer can be there and be of no use. */
export const halfDeadWays = ['silent', 'drips', 'garbage', 'floods', 'closes early'] as const
export type HalfDeadWay = (typeof halfDeadWays)[number]

export type HalfDead = {
  /** Of 127.0.0.1; 0 when it listens on a socket. */
  port: number
  /** Bytes that somebody took. */
  sent: () => number
  connections: () => number
  /** Those that nobody has closed. */
  open: () => number
  close: () => Promise<void>
}

const floodBytes = 100 * 1024 * 1024
const piece = Buffer.alloc(256 * 1024, 0x20)

/**
 * Accepts, waits for a request and then: stays silent; begins the answer and drips a byte a second; sends what no protocol
 * knows; begins it and sends 100 MB; breaks off in the middle of it. `answer` is how an answer begins that announces much.
 */
export async function startHalfDead(
  way: HalfDeadWay,
  answer: string,
  /** Of a socket; a free port of 127.0.0.1 when absent. */
  path?: string,
): Promise<HalfDead> {
  const sockets = new Set<Socket>()
  let [sent, connections] = [0, 0]
  const behave: Record<HalfDeadWay, (socket: Socket) => void> = {
    silent() {},
    drips(socket) {
      socket.write(answer)
      const timer = setInterval(() => socket.write(' '), 1000)
      socket.once('close', () => clearInterval(timer))
    },
    garbage: socket => socket.write(Buffer.concat([Buffer.from([0x00, 0xff]), randomBytes(4096)])),
    floods(socket) {
      socket.write(answer)
      let left = floodBytes
      const more = () => {
        while (!socket.destroyed && left > 0) {
          left -= piece.length
          sent += piece.length
          if (!socket.write(piece)) return
        }
      }
      socket.on('drain', more)
      more()
    },
    'closes early': socket => socket.end(answer.slice(0, -2)),
  }
  const server = createServer(socket => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    socket.once('data', () => behave[way](socket))
  })
  await new Promise<void>(resolve =>
    path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
  )
  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    sent: () => sent,
    connections: () => connections,
    open: () => sockets.size,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
