import {readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'

/** How the Flower that is replayed was started; `old` is 1.2, asking for a password. */
export type FlowerMode = 'open' | 'auth' | 'not-enabled' | 'prefix' | 'old'

export type FlowerOptions = {
  mode?: FlowerMode
  /** A free one when absent. */
  port?: number
  readOnly?: boolean
  /** `user:password`; `admin:s3cret` in modes `auth` and `old` when absent. */
  basicAuth?: string
  /** Node names in place of the recorded one. */
  nodes?: readonly string[]
}

export type FlowerStandIn = {
  /** With the prefix in mode `prefix`. */
  url: string
  port: number
  /** Method and path of what was asked. */
  requests: string[]
  close: () => Promise<void>
}

type Recorded = {status: number; headers: Record<string, string>; body: string}

const recordedNode = 'w1@vm'
const folder = join(import.meta.dirname, '../recordings/flower-2.1.0')

/** A stand-in for Flower 2.1.0 on 127.0.0.1 that answers from recordings. Keep it in step with flower.py. */
export async function startFlower(options: FlowerOptions = {}): Promise<FlowerStandIn> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const answer = answerTo(
      options,
      request.method ?? 'GET',
      request.url ?? '/',
      request.headers.authorization,
    )
    const body = Buffer.from(renamed(answer.body, options.nodes ?? []))
    const headers = {...answer.headers, server: 'TornadoServer/6.5.10', 'content-length': String(body.length)}
    response.writeHead(answer.status, headers).end(body)
  })
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${options.mode === 'prefix' ? '/flower' : ''}`,
    port,
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answerTo(
  {mode = 'open', readOnly = false, basicAuth}: FlowerOptions,
  method: string,
  target: string,
  authorization: string | undefined,
): Recorded {
  const url = new URL(target, 'http://stand-in')
  const prefix = mode === 'prefix' ? '/flower' : ''
  if (!url.pathname.startsWith(`${prefix}/`)) return load('outside-prefix.healthcheck')
  const path = url.pathname.slice(prefix.length)
  if (path === '/healthcheck' || path === '/metrics') return load(`open.${path.slice(1)}`)
  const isApi = path.startsWith('/api/')
  if (isApi && mode === 'old') return {status: 405, headers: {}, body: ''}
  const pair = basicAuth ?? (mode === 'auth' || mode === 'old' ? 'admin:s3cret' : null)
  if (isApi && pair === null && mode === 'not-enabled') {
    const denied = load('api-not-enabled.api-workers')
    return path === '/api/workers' ? denied : {...denied, body: ''}
  }
  if (pair !== null && authorization !== `Basic ${Buffer.from(pair).toString('base64')}`)
    return load(isApi ? 'auth-missing.api-workers' : 'auth-missing.workers')
  if (method === 'POST' && isApi) return {status: readOnly ? 403 : 404, headers: {}, body: ''}
  if (path === '/' || path === '/workers')
    return url.searchParams.get('json') === null ? load('auth-right.workers') : rows()
  if (path === '/api/workers')
    return load(url.searchParams.get('status') === null ? 'open.workers' : 'open.workers-status')
  if (path === '/api/tasks') return tasks(url.searchParams)
  if (path === '/api/task/types') return load('open.task-types')
  if (path.startsWith('/api/task/info/')) return taskInfo(decodeURIComponent(path.slice(15)))
  if (path === '/api/queues/length') return load('open.queues-length')
  return load('outside-prefix.healthcheck')
}

/** `/workers?json=1` was not recorded: its rows, from the states that were. */
function rows(): Recorded {
  const status = load('open.workers-status')
  const data = Object.entries(JSON.parse(status.body)).map(([hostname, online]) => ({
    hostname,
    status: online,
  }))
  return {...status, body: JSON.stringify({data})}
}

function tasks(query: URLSearchParams): Recorded {
  const recorded = load('open.tasks')
  const all: Record<string, {state: string}> = JSON.parse(recorded.body)
  const failed = failedTask(Object.values(all)[0] ?? {state: ''})
  const state = query.get('state')
  const chosen = Object.entries({...all, [failed.uuid]: failed})
    .filter(([, task]) => state === null || task.state === state)
    .slice(0, Number(query.get('limit') ?? 100))
  return {...recorded, body: JSON.stringify(Object.fromEntries(chosen))}
}

/** `/api/task/info/ID` was not recorded: the task as the list has it. */
function taskInfo(id: string): Recorded {
  const list = tasks(new URLSearchParams())
  const task: unknown = JSON.parse(list.body)[id]
  return task === undefined
    ? {status: 404, headers: {}, body: `Unknown task '${id}'`}
    : {...list, body: JSON.stringify(task)}
}

/** No recorded task had failed for good: one in the shape of the others. */
function failedTask(other: object): {uuid: string; state: string; traceback: string} {
  return {
    ...other,
    uuid: '5d3f6a52-0000-4000-8000-000000000001',
    ...{name: 'app.celery_app.boom', state: 'FAILURE', failed: 1795346140.78, timestamp: 1795346140.78},
    ...{succeeded: null, runtime: null, result: null, exception: "ValueError('boom')"},
    traceback: 'Traceback (most recent call last): ...',
  }
}

function renamed(body: string, nodes: readonly string[]): string {
  const [first] = nodes
  if (first === undefined || !body.includes(recordedNode)) return body
  if (body.startsWith('{')) {
    const value: Record<string, unknown> = JSON.parse(body)
    if (recordedNode in value)
      return JSON.stringify(Object.fromEntries(nodes.map(node => [node, value[recordedNode]])))
    if (Array.isArray(value.data))
      return JSON.stringify({data: value.data.flatMap(row => nodes.map(hostname => ({...row, hostname})))})
  }
  return body.replaceAll(recordedNode, first)
}

function load(name: string): Recorded {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')).response
}
