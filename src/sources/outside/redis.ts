import type {Socket} from 'node:net'

/** More than Redis says to PING. */
const mostBytes = 512

/** Whether Redis wants a password before it answers PING; `null` when what answers is no Redis. Closes the socket. */
export async function redisAsks(socket: Socket, signal: AbortSignal): Promise<boolean | null> {
  const line = await firstLine(socket, 'PING\r\n', signal)
  if (/^-(NOAUTH|DENIED|WRONGPASS)\b/.test(line)) return true
  // It is still loading, or that user may not even say PING: it has let us in, all the same.
  if (/^(\+PONG|-(LOADING|MISCONF|BUSY|MASTERDOWN|READONLY|OOM|NOPERM)\b)/.test(line)) return false
  return null
}

async function firstLine(socket: Socket, request: string, signal: AbortSignal): Promise<string> {
  try {
    return await new Promise((resolve, reject) => {
      let text = ''
      const abort = () => reject(signal.reason)
      signal.addEventListener('abort', abort, {once: true})
      socket.once('error', reject)
      socket.once('close', () => resolve(text))
      socket.on('data', chunk => {
        text += chunk.toString('latin1')
        const end = text.indexOf('\r\n')
        if (end >= 0 || text.length > mostBytes) resolve(text.slice(0, Math.max(end, 0)))
      })
      socket.write(request)
      if (signal.aborted) abort()
    })
  } finally {
    socket.destroy()
  }
}
