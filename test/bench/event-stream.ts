import {connect} from 'node:net'

/** Tasks that begin and end within one block, so that any number of blocks is a stream that holds together. */
const tasksInBlock = 1000
const nodes = 4
export const eventsInBlock = tasksInBlock * 3
const channel = '/0.celeryev/task.multi'
const traceback = `Traceback (most recent call last):\n${'  File "/app/tasks.py", line 12, in run\n    return self.fun(*args)\n'.repeat(6)}ValueError: boom`

/** What Celery's nodes publish for some tasks, as Redis takes it; 1 % fail, a fifth of the messages hold two events. */
export function block(nth: number): Buffer {
  const events: object[] = []
  const inFlight = 8
  const steps: [at: number, event: object][] = []
  for (let task = 0; task < tasksInBlock; task += 1) {
    const common = {
      ...{
        hostname: `celery@node${task % nodes}`,
        utcoffset: 0,
        pid: 100 + (task % nodes),
        clock: nth * tasksInBlock + task,
      },
      uuid: `${String(nth).padStart(8, '0')}-0000-4000-8000-${String(task).padStart(12, '0')}`,
    }
    const timestamp = 1_795_345_864 + nth + task / tasksInBlock
    const received = {
      ...{
        ...common,
        name: `app.tasks.number_${task % 20}`,
        args: '(1, 2)',
        kwargs: '{}',
        root_id: common.uuid,
      },
      ...{parent_id: null, retries: 0, eta: null, expires: null, timestamp, type: 'task-received'},
    }
    const fails = task % 100 === 99
    const ended = fails
      ? {...common, exception: "ValueError('boom')", traceback, timestamp, type: 'task-failed'}
      : {...common, result: '3', runtime: 0.01 + (task % 37) / 100, timestamp, type: 'task-succeeded'}
    steps.push(
      [task, received],
      [task + inFlight / 2, {...common, timestamp, type: 'task-started'}],
      [task + inFlight, ended],
    )
  }
  events.push(...steps.sort(([a], [b]) => a - b).map(([, event]) => event))
  const messages: Buffer[] = []
  for (let at = 0; at < events.length; ) {
    const many = messages.length % 5 === 4 ? 2 : 1
    messages.push(published(channel, events.slice(at, at + many)))
    at += many
  }
  return Buffer.concat(messages)
}

/** Each node's count of what it has begun when so many blocks have been sent. */
export function heartbeats(blocks: number): Buffer {
  return Buffer.concat(
    Array.from({length: nodes}, (_, node) =>
      published('/0.celeryev/worker.heartbeat', {
        ...{hostname: `celery@node${node}`, utcoffset: 0, pid: 100 + node, clock: 1, freq: 2, active: 0},
        ...{processed: (blocks * tasksInBlock) / nodes, loadavg: [0.1, 0.1, 0.1], sw_ident: 'py-celery'},
        ...{sw_ver: '5.2.6', sw_sys: 'Linux', timestamp: Date.now() / 1000, type: 'worker-heartbeat'},
      }),
    ),
  )
}

function published(to: string, body: object): Buffer {
  const message = JSON.stringify({
    body: Buffer.from(spaced(body)).toString('base64'),
    ...{'content-encoding': 'utf-8', 'content-type': 'application/json', headers: {hostname: 'celery@node'}},
    properties: {
      ...{delivery_mode: 1, delivery_info: {exchange: 'celeryev', routing_key: 'task.multi'}, priority: 0},
      ...{body_encoding: 'base64', delivery_tag: '72ce0e27-0000-4000-8000-000000000000'},
    },
  })
  const text = spaced(JSON.parse(message))
  return Buffer.from(
    `*3\r\n$7\r\nPUBLISH\r\n$${to.length}\r\n${to}\r\n$${Buffer.byteLength(text)}\r\n${text}\r\n`,
  )
}

/** As Python writes it: a space after each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, one]) => `${JSON.stringify(name)}: ${spaced(one)}`)
    .join(', ')}}`
}

/**
 * Sends so many blocks over one socket, the first ones again when there are no more, at so many events a second (`null`: as
 * quick as Redis takes them), with heartbeats every two seconds. Gives the events a second that it came to.
 */
export async function send(
  port: number,
  blocks: readonly Buffer[],
  many: number,
  perSecond: number | null,
): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.resume()
  const put = async (data: Buffer) => {
    if (!socket.write(data)) await new Promise(resolve => socket.once('drain', resolve))
  }
  await put(heartbeats(0))
  const start = performance.now()
  let told = start
  for (let nth = 0; nth < many; nth += 1) {
    await put(blocks[nth % blocks.length] as Buffer)
    const ahead =
      perSecond === null ? 0 : ((nth + 1) * eventsInBlock * 1000) / perSecond - (performance.now() - start)
    if (ahead > 1) await new Promise(resolve => setTimeout(resolve, ahead))
    if (performance.now() - told > 2000) {
      told = performance.now()
      await put(heartbeats(nth + 1))
    }
  }
  const seconds = (performance.now() - start) / 1000
  await new Promise<void>(resolve => socket.end(resolve))
  return (many * eventsInBlock) / seconds
}

/** What a node has counted is believed from its second word on. */
export async function sendHeartbeats(port: number, blocks: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.resume()
  for (let nth = 0; nth < 4; nth += 1) {
    socket.write(heartbeats(blocks))
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  await new Promise<void>(resolve => socket.end(resolve))
}
