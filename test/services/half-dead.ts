import {randomBytes} from 'node:crypto'
import {createServer as createHttpServer, request as passOn} from 'node:http'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {createServer as createTlsServer} from 'node:tls'
import type {Identity} from './authority.ts'
import {engineSocket} from './engine-proxy.ts'

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

type Behave = Record<HalfDeadWay, (socket: Socket) => void>

/** `answer` is how an answer begins that announces much; `onSent` hears of what a flood has sent. */
function behaviour(answer: string, onSent: (bytes: number) => void = () => {}): Behave {
  return {
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
          onSent(piece.length)
          if (!socket.write(piece)) return
        }
      }
      socket.on('drain', more)
      more()
    },
    'closes early': socket => socket.end(answer.slice(0, -2)),
  }
}

/** Accepts, waits for a request and then is of no use, in its way. */
export async function startHalfDead(
  way: HalfDeadWay,
  answer: string,
  /** A socket, else a free port of 127.0.0.1; with a certificate it shakes hands first, as it should. */
  {path, identity}: {path?: string; identity?: Identity} = {},
): Promise<HalfDead> {
  const sockets = new Set<Socket>()
  let [sent, connections] = [0, 0]
  const behave = behaviour(answer, bytes => {
    sent += bytes
  })
  const accept = (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    socket.once('data', () => behave[way](socket))
  }
  const server =
    identity === undefined
      ? createServer(accept)
      : createTlsServer(identity, accept).on('tlsClientError', () => {})
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

/** The machine's own engine at another socket, half dead where it is asked for what matches and well in everything else. */
export async function startHalfDeadEngine(
  socket: string,
  question: RegExp,
  way: HalfDeadWay,
  answer: string,
): Promise<{asked: () => number; close: () => Promise<void>}> {
  const sockets = new Set<Socket>()
  const behave = behaviour(answer)
  let asked = 0
  const server = createHttpServer((request, response) => {
    const {url = '', method, headers} = request
    if (question.test(url)) {
      asked += 1
      return behave[way](request.socket)
    }
    const passed = passOn({socketPath: engineSocket, path: url, method, headers}, answered => {
      response.writeHead(answered.statusCode ?? 500, answered.headers)
      answered.pipe(response)
    })
    response.once('close', () => passed.destroy())
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  })
  server.on('connection', one => {
    sockets.add(one)
    one.on('error', () => {})
    one.once('close', () => sockets.delete(one))
  })
  await new Promise<void>(resolve => server.listen(socket, resolve))
  return {
    asked: () => asked,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const one of sockets) one.destroy()
      }),
  }
}
