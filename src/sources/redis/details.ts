import {SourceError} from '../../snapshot/source-error.ts'
import {untilAborted} from '../until-aborted.ts'
import type {RedisReach} from './reach.ts'

/** Settings that say how a Redis behaves; none of them is a password, a user or a path. */
const settings = [
  ...['maxmemory', 'maxmemory-policy', 'maxclients', 'timeout', 'tcp-keepalive', 'databases', 'hz'],
  ...['appendonly', 'appendfsync', 'save', 'stop-writes-on-bgsave-error', 'protected-mode', 'bind', 'port'],
  ...['client-output-buffer-limit', 'slowlog-log-slower-than', 'slowlog-max-len', 'notify-keyspace-events'],
  ...['repl-timeout', 'min-replicas-to-write', 'lazyfree-lazy-expire', 'activedefrag', 'io-threads'],
]
const mostClients = 500
const mostSlow = 50
/** Of a connection: what it does and what it holds, neither its name nor its user. */
const clientFields = new Set(
  'id addr age idle flags db sub psub multi qbuf omem tot-mem events cmd lib-name lib-ver resp'.split(' '),
)

/** INFO, settings, connections and slow commands (by name, without arguments) as text. What is refused is said in its place. */
export async function readRedisDetails(reach: RedisReach, signal: AbortSignal): Promise<string> {
  if (reach.kind === 'exec') return section('INFO', await reach.cli.info(signal))
  const {client} = reach.connection
  const ask = (...words: [string, ...string[]]): Promise<unknown> =>
    client.call(...words).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ReplyError') return `(${error.message})`
      throw error
    })
  try {
    const [info, configured, clients, slow] = await untilAborted(
      Promise.all([
        ask('INFO', 'all'),
        Promise.all(settings.map(name => ask('CONFIG', 'GET', name))),
        ask('CLIENT', 'LIST'),
        ask('SLOWLOG', 'GET', String(mostSlow)),
      ]),
      signal,
    )
    return [
      section('INFO', String(info)),
      section('CONFIG GET', configured.flatMap(settingLine).join('\n')),
      section('CLIENT LIST (without names and users)', clientLines(String(clients))),
      section('SLOWLOG GET (without arguments)', slowLines(slow)),
    ].join('\n')
  } catch (error) {
    if (error instanceof SourceError) throw error
    throw signal.aborted
      ? new SourceError('timeout', `${reach.address} did not answer in time`)
      : new SourceError('refused', `${reach.address} broke off the connection`)
  }
}

function section(title: string, text: string): string {
  return `=== ${title}\n${text.replaceAll('\r', '').trim()}\n`
}

function settingLine(reply: unknown): string[] {
  if (Array.isArray(reply)) return reply.length < 2 ? [] : [`${reply[0]}: ${reply[1]}`]
  return [String(reply)]
}

function clientLines(text: string): string {
  const lines = text.trim().split('\n')
  const shown = lines.slice(0, mostClients).map(line =>
    line
      .split(' ')
      .filter(field => field.startsWith('(') || clientFields.has(field.split('=')[0] ?? ''))
      .join(' '),
  )
  return [...shown, ...(lines.length > mostClients ? [`… ${lines.length - mostClients} more`] : [])].join(
    '\n',
  )
}

/** id, when, how long, and the command's own word: keys and values are arguments, too. */
function slowLines(reply: unknown): string {
  if (!Array.isArray(reply)) return String(reply)
  return reply
    .map(entry => {
      const [id, at, microseconds, words] = Array.isArray(entry) ? entry : []
      const [command, ...rest] = Array.isArray(words) ? words.map(String) : ['?']
      const when = Number.isFinite(Number(at)) ? new Date(Number(at) * 1000).toISOString() : '?'
      return `${id} ${when} ${microseconds} µs ${command} (${rest.length} arguments)`
    })
    .join('\n')
}
