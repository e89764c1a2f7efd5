import {chmod, rm, stat, writeFile} from 'node:fs/promises'
import {createConnection, createServer, type Server, type Socket} from 'node:net'
import path from 'node:path'
import type {Operator} from './operator.ts'

/** A socket in front of the machine's own engine, which goes bad in the engine's place. */
export type EngineProxy = {
  /** Of the socket, for rights. */
  path: string
  /** Each connection waits so long before the engine hears of it. */
  delay: (seconds: number) => void
  /** Answers each request with this status, in the engine's manner. */
  fail: (status: number, message: string) => void
  /** As an engine that was killed: the socket stays, nobody listens. */
  kill: () => Promise<void>
  /** Anew, without what was wrong. */
  start: () => Promise<void>
  close: () => Promise<void>
}

export const engineSocket =
  /^unix:\/\/(.+)/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock'

type Way = {delaySeconds: number; answer: string | null}

/**
 * What the operator types goes through it from now on: `DOCKER_HOST` names it. Theirs are a `sudo` and a `systemctl` for it,
 * which start this one and nothing of the machine's.
 */
export async function startEngineProxy({folder, env}: Operator): Promise<EngineProxy> {
  const socket = path.join(folder, 'docker.sock')
  const asked = path.join(folder, '.systemctl')
  const open = new Set<Socket>()
  let way: Way = {delaySeconds: 0, answer: null}
  const server: {now: Server | null} = {now: null}

  const kill = async () => {
    const {now} = server
    server.now = null
    for (const one of open) one.destroy()
    if (now !== null) await new Promise(resolve => now.close(resolve))
    // Node takes the socket away, a killed engine does not; a file that nobody listens on refuses as well.
    await writeFile(socket, '').catch(() => {})
  }
  const start = async () => {
    await kill()
    await rm(socket, {force: true})
    way = {delaySeconds: 0, answer: null}
    const next = createServer(client => connect(client, way, open))
    await new Promise<void>(resolve => next.listen(socket, resolve))
    server.now = next
  }
  await start()
  await writeFile(path.join(folder, '.local/bin/sudo'), '#!/bin/sh\nexec "$@"\n')
  await writeFile(
    path.join(folder, '.local/bin/systemctl'),
    `#!/bin/sh\n[ "$2" = docker ] || exit 5\n>'${asked}'\nwhile [ -e '${asked}' ]; do sleep 0.1; done\n`,
  )
  for (const name of ['sudo', 'systemctl']) await chmod(path.join(folder, '.local/bin', name), 0o755)
  const watching = setInterval(async () => {
    if ((await stat(asked).catch(() => null)) === null) return
    await start()
    await rm(asked)
  }, 100)
  watching.unref()
  env.DOCKER_HOST = `unix://${socket}`
  return {
    path: socket,
    delay: seconds => {
      way = {...way, delaySeconds: seconds}
    },
    fail: (status, message) => {
      const body = JSON.stringify({message})
      way = {
        ...way,
        answer: `HTTP/1.1 ${status} Broken\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      }
    },
    kill,
    start,
    async close() {
      clearInterval(watching)
      await kill()
    },
  }
}

function connect(client: Socket, {delaySeconds, answer}: Way, open: Set<Socket>): void {
  const keep = (one: Socket, other?: Socket) => {
    open.add(one)
    one.on('error', () => one.destroy())
    one.on('close', () => {
      open.delete(one)
      other?.destroy()
    })
  }
  if (answer !== null) {
    keep(client)
    client.once('data', () => client.end(answer))
    return
  }
  client.pause()
  const timer = setTimeout(() => {
    const engine = createConnection(engineSocket)
    keep(engine, client)
    client.on('close', () => engine.destroy())
    client.pipe(engine).pipe(client)
  }, delaySeconds * 1000)
  keep(client)
  client.on('close', () => clearTimeout(timer))
}
