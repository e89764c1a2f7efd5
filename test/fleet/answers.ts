import {base64} from './messages.ts'
import type {PlannedNode, Task} from './plan.ts'
import {pythonJson} from './python-json.ts'

export type Request = {
  method: string
  arguments: {[name: string]: unknown}
  destination: string[] | null
  ticket: string | null
  replyTo: {exchange: string; oid: string} | null
}

/** A request from its envelope; `null` for what a node ignores: an empty message, or one that is none. */
export function decodeRequest(payload: string): Request | null {
  if (payload === '') return null
  const envelope = JSON.parse(payload)
  const body = JSON.parse(Buffer.from(envelope.body, 'base64').toString('utf8'))
  const to = body.reply_to
  return {
    method: body.method,
    arguments: body.arguments ?? {},
    destination: body.destination ?? null,
    ticket: body.ticket ?? null,
    replyTo: to === undefined || to === null ? null : {exchange: to.exchange, oid: to.routing_key},
  }
}

/** Answers of one node, in the shapes that Celery's own have. What does not depend on the request is encoded once. */
export class Answers {
  readonly #node: PlannedNode
  readonly #bodies = new Map<string, string>()
  readonly #started = Date.now() / 1000 - 7200

  constructor(node: PlannedNode) {
    this.#node = node
    for (const method of Object.keys(this.#fixed)) this.#body(method)
  }

  /** The reply to a request, as it is pushed on the list of who asked; `null` when it is for other nodes. */
  reply(request: Request, exchange: string, oid: string): string | null {
    if (request.destination !== null && !request.destination.includes(this.#node.name)) return null
    const pickle = this.#node.says === 'in pickle'
    const body =
      request.method === 'query_task'
        ? base64({[this.#node.name]: this.#query(request)})
        : this.#body(request.method)
    return (
      `{"body": "${pickle ? 'gASVGQAAAAAAAAB9lC4=' : body}", "content-encoding": "${pickle ? 'binary' : 'utf-8'}", ` +
      `"content-type": "application/${pickle ? 'x-python-serialize' : 'json'}", ` +
      `"headers": {"ticket": ${JSON.stringify(request.ticket)}, "clock": 1208}, ` +
      `"properties": {"delivery_mode": 1, "delivery_info": {"exchange": ${JSON.stringify(exchange)}, "routing_key": ${JSON.stringify(oid)}}, ` +
      `"priority": 0, "body_encoding": "base64", "delivery_tag": "72ce0e27-3f5c-4f43-8f0c-2f0b8c7f3c11"}}`
    )
  }

  #body(method: string): string {
    let body = this.#bodies.get(method)
    if (body === undefined) {
      const answer = this.#fixed[method]
      body = base64({[this.#node.name]: answer === undefined ? {error: `KeyError('${method}')`} : answer()})
      this.#bodies.set(method, body)
    }
    return body
  }

  readonly #fixed: Record<string, () => unknown> = {
    ping: () => ({ok: 'pong'}),
    clock: () => ({clock: 1208}),
    stats: () => statsOf(this.#node),
    active: () => this.#node.active.map((task, nth) => this.#request(task, nth)),
    reserved: () => this.#node.reserved.map(task => this.#request(task, null)),
    scheduled: () => [],
    revoked: () => [],
    active_queues: () => this.#node.queues.map(queueOf),
    registered: () => this.#node.release.tasks,
    conf: () => ({
      broker_url: 'redis://:********@redis:6379/0',
      result_backend: 'redis://:********@redis:6379/1',
      deprecated_settings: null,
      worker_send_task_events: true,
      task_send_sent_event: true,
      task_acks_late: true,
      task_time_limit: 600,
      worker_prefetch_multiplier: 4,
      include: ['shop.tasks', 'celery.app.builtins'],
    }),
    report: () => ({ok: reportOf(this.#node)}),
  }

  #query(request: Request): Record<string, [string, unknown]> {
    const ids = Array.isArray(request.arguments.ids) ? request.arguments.ids : []
    const {active, reserved} = this.#node
    const found = (tasks: readonly Task[], state: string, nth: number | null) =>
      tasks
        .filter(({id}) => ids.includes(id))
        .map(task => [task.id, [state, this.#request(task, nth)]] as [string, [string, unknown]])
    return Object.fromEntries([...found(reserved, 'reserved', null), ...found(active, 'active', 0)])
  }

  /** `slot`: the pool process that runs it. */
  #request({id, name, queue}: Task, slot: number | null): unknown {
    return {
      id,
      name,
      args: "(1042, 'a short text')",
      kwargs: "{'dry_run': False}",
      type: name,
      hostname: this.#node.name,
      time_start: slot === null ? null : this.#started + 7200 - 12.5 - slot,
      acknowledged: slot !== null,
      delivery_info: {exchange: '', routing_key: queue, priority: 0, redelivered: false},
      worker_pid: slot === null ? null : this.#node.pid + 1 + slot,
    }
  }
}

function statsOf({pid, release, reserved}: PlannedNode): unknown {
  return {
    total: Object.fromEntries(release.tasks.slice(0, 8).map((task, nth) => [task, 100 + nth])),
    pid,
    clock: '1200',
    uptime: 7200,
    pool: {
      // Told since 5.4.
      ...(release.version < '5.4' ? {} : {implementation: 'celery.concurrency.prefork:TaskPool'}),
      'max-concurrency': 2,
      processes: [pid + 1, pid + 2],
      'max-tasks-per-child': 'N/A',
      'put-guarded-by-semaphore': false,
      timeouts: [0, 600],
      writes: {
        total: 828,
        avg: '414.00',
        all: '414.00, 414.00',
        raw: '414, 414',
        strategy: 'fair',
        inqueues: {total: 2, active: 2},
      },
    },
    broker: {
      hostname: 'redis',
      userid: null,
      virtual_host: '0',
      port: 6379,
      insist: false,
      ssl: false,
      transport: 'redis',
      connect_timeout: 4,
      transport_options: {},
      login_method: null,
      uri_prefix: null,
      heartbeat: 120,
      failover_strategy: 'round-robin',
      alternates: [],
      credential_provider: null,
    },
    // Tasks that run were acknowledged when they began: what fills the prefetch is what is reserved.
    prefetch_count: Math.max(8, reserved.length),
    rusage: {
      utime: 93.713714,
      stime: 11.130921,
      maxrss: 58544,
      ixrss: 0,
      idrss: 0,
      isrss: 0,
      minflt: 21484,
      majflt: 10,
      nswap: 0,
      inblock: 23600,
      oublock: 88,
      msgsnd: 0,
      msgrcv: 0,
      nsignals: 0,
      nvcsw: 734,
      nivcsw: 468,
    },
  }
}

function queueOf(name: string): unknown {
  return {
    name,
    exchange: {
      name,
      type: 'direct',
      arguments: null,
      durable: true,
      passive: false,
      auto_delete: false,
      delivery_mode: null,
      no_declare: false,
    },
    routing_key: name,
    queue_arguments: null,
    binding_arguments: null,
    consumer_arguments: null,
    durable: true,
    exclusive: false,
    auto_delete: false,
    no_ack: false,
    alias: null,
    bindings: [],
    no_declare: null,
    expires: null,
    message_ttl: null,
    max_length: null,
    max_length_bytes: null,
    max_priority: null,
  }
}

function reportOf({release}: PlannedNode): string {
  return `
software -> celery:${release.version} (recovery) kombu:5.6.2 py:3.11.2
            billiard:4.3.0 redis:8.1.0
platform -> system:Linux arch:64bit, ELF
            kernel version:6.1.0-28-amd64 imp:CPython
loader   -> celery.loaders.app.AppLoader
settings -> transport:redis results:redis://:**@redis:6379/1

broker_url: 'redis://:********@redis:6379/0'
result_backend: 'redis://:********@redis:6379/1'
deprecated_settings: None
worker_send_task_events: True
task_send_sent_event: True
include: ${pythonJson(['shop.tasks', 'celery.app.builtins'])}
`
}
