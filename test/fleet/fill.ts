import {taskMessage} from './messages.ts'
import type {FleetOptions} from './options.ts'
import {type Plan, uuid} from './plan.ts'
import type {RespClient} from './resp.ts'

const separator = '\x06\x16'
const perCommand = 500

/** What lies in Redis: who is bound to what, what waits, and what is delivered and not acknowledged. */
export async function fill(redis: RespClient, plan: Plan, options: FleetOptions): Promise<void> {
  const names = [...plan.nodes.map(({name}) => name), ...plan.gone]
  await redis.askAll([
    ['SADD', '_kombu.binding.celery.pidbox', ...names.map(name => binding('', `${name}.celery.pidbox`))],
    ...plan.queues.map(queue => ['SADD', `_kombu.binding.${queue}`, binding(queue, queue)]),
    ['SADD', '_kombu.binding.celeryev', binding('worker.#', 'celeryev.6a0f1f0e-3f5c-4f43-8f0c-2f0b8c7f3c11')],
  ])
  for (const [index, queue] of plan.queues.entries()) {
    const depth = index === 0 && options.deepest > 0 ? options.deepest : options.depth
    const urgent = Math.floor(depth / 10)
    await push(redis, plan, {queue, key: queue, priority: 0, messages: depth - urgent})
    await push(redis, plan, {queue, key: `${queue}${separator}3`, priority: 3, messages: urgent})
  }
  await holdUnacked(redis, plan)
}

function binding(routingKey: string, queue: string): string {
  return [routingKey, '', queue].join(separator)
}

async function push(
  redis: RespClient,
  plan: Plan,
  list: {queue: string; key: string; priority: number; messages: number},
): Promise<void> {
  for (let from = 0; from < list.messages; from += perCommand) {
    const count = Math.min(perCommand, list.messages - from)
    const messages = Array.from({length: count}, (_, nth) =>
      taskMessage({
        id: uuid(`waiting ${list.key} ${from + nth}`),
        name: plan.tasks[(from + nth) % plan.tasks.length] ?? '',
        queue: list.queue,
        priority: list.priority,
      }),
    )
    await redis.ask('LPUSH', list.key, ...messages)
  }
}

async function holdUnacked(redis: RespClient, plan: Plan): Promise<void> {
  const delivered = Date.now() / 1000 - 30
  const held = plan.nodes.flatMap(({reserved}) => reserved)
  for (let from = 0; from < held.length; from += perCommand) {
    const some = held.slice(from, from + perCommand)
    const entries = some.flatMap(task => [
      task.id,
      `[${taskMessage(task)}, "", ${JSON.stringify(task.queue)}]`,
    ])
    const scores = some.flatMap((task, nth) => [String(delivered + (from + nth) / 1000), task.id])
    await redis.askAll([
      ['HSET', 'unacked', ...entries],
      ['ZADD', 'unacked_index', ...scores],
    ])
  }
}
