import {confirm} from '../broker/confirm.ts'
import {orderOutcome} from '../broker/node-words.ts'
import {findTasks, foretellRevoke, stillRunning, type Whereabouts} from '../broker/revoke.ts'
import {exitCodes} from '../errors/exit-codes.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {plural} from '../render/text/number.ts'
import {censusOf} from '../snapshot/celery.ts'
import {namesIn} from '../sources/celery/names.ts'
import {tellNodes} from '../sources/celery/nodes/control.ts'
import {findBroker} from './broker.ts'
import type {Context} from './context.ts'
import type {Result} from './hub-command.ts'
import {recordedIn} from './recorded.ts'
import {untilTrue} from './until-true.ts'

const replySeconds = 2
/** A pool process is ended by its signal at once, and the node sees it within a second. */
const endSeconds = 5

/** `tasks revoke`. */
export async function revokeTasks(
  context: Context,
  asked: {
    ids: readonly string[]
    terminate: boolean
    signal: string
    yes: boolean
    dryRun: boolean
    warn: (text: string) => void
  },
): Promise<Result> {
  const {terminate, yes, dryRun, warn} = asked
  const ids = [...new Set(asked.ids)]
  const broker = await findBroker(context, warn)
  const {celery} = await broker.see({celery: {scheduled: true, messages: true}})
  const names = namesIn(celery)
  const census = censusOf(celery)
  if (census === null || census.answered + census.hung === 0)
    throw new HubError(
      'unavailable',
      'no-node',
      'no node is connected: nobody would remember what is revoked',
      {
        suggestions: [broker.command('workers')],
      },
    )
  const toAll = {nodes: null, replies: census.answered, patienceSeconds: replySeconds}
  const where = await broker.speak(async reach => {
    const {replies} = await tellNodes(reach, names, {method: 'query_task', ids}, toAll, context.signal)
    return findTasks(ids, celery, replies)
  })
  const happens = foretellRevoke(where, {terminate, signal: asked.signal, silent: census.hung})
  const schema = 'hub-mon/tasks-revoke@1'
  const data = {
    tasks: where.map(task => told(task, null)),
    terminate,
    signal: terminate ? asked.signal : null,
    dryRun,
    happens,
    acknowledged: [] as string[],
    refused: [] as {node: string; reason: string}[],
    silent: census.hung,
    journal: null as string | null,
  }
  if (dryRun) return {schema, data, text: happens.map(line => `${clean(line)}\n`).join('')}
  if (yes) for (const line of happens) broker.tell(line)
  const subject = terminate ? 'ending a task' : 'revoking a task'
  const words = [
    'tasks',
    'revoke',
    ...ids,
    ...(terminate ? ['--terminate', '--signal', asked.signal] : []),
    '--yes',
  ]
  await confirm({happens, subject, command: broker.command(...words)}, {yes, ask: broker.ask})
  const did = `${terminate ? `revoked and sent ${asked.signal} to` : 'revoked'} ${ids.join(', ')}`
  const {result, journal} = await broker.act({command: 'tasks revoke', did}, async (reach, note) => {
    const order = {method: 'revoke' as const, ids, terminate, signal: asked.signal}
    const {replies, unreadable, subscribers} = await tellNodes(reach, names, order, toAll, context.signal)
    const said = replies.map(({node, value}) => ({node, ...orderOutcome(value)}))
    const acknowledged = said.filter(({ok}) => ok).map(({node}) => node)
    const refused = said.filter(({ok}) => !ok).map(({node, words: reason}) => ({node, reason}))
    note({counts: {tasks: ids.length, nodes: acknowledged.length}})
    if (acknowledged.length === 0)
      throw new HubError('unavailable', 'not-acknowledged', 'no node said that it will not run it', {
        detail: refused.map(({node, reason}) => `${clean(node)}: ${clean(reason)}`).join('\n') || null,
        suggestions: [broker.command('workers', 'ping')],
      })
    let running = where.filter(({state}) => state === 'running')
    if (terminate && running.length > 0)
      await untilTrue(endSeconds, context.signal, async () => {
        const question = {method: 'query_task' as const, ids: running.map(({id}) => id)}
        const now = await tellNodes(reach, names, question, toAll, context.signal)
        running = stillRunning(running, now.replies)
        return running.length === 0
      })
    const silent = Math.max(0, subscribers - replies.length - unreadable)
    const partly = refused.length + silent > 0 || (terminate && running.length > 0)
    if (partly) note({outcome: 'partly'})
    return {acknowledged: acknowledged.sort(), refused, silent, running: new Set(running.map(({id}) => id))}
  })
  const {acknowledged, refused, silent, running} = result
  const ended = (task: Whereabouts) => (terminate && task.state === 'running' ? !running.has(task.id) : null)
  const lines = [
    `${plural(ids.length, 'task')} revoked: ${plural(acknowledged.length, 'node')} said so.`,
    ...refused.map(({node, reason}) => `${clean(node)} refused: ${clean(reason)}`),
    ...(silent > 0 ? [`${plural(silent, 'node')} did not reply.`] : []),
    ...where.flatMap(task => {
      const done = ended(task)
      if (done === null) return []
      return [`${clean(task.id)} ${done ? 'runs no more' : `still runs on ${clean(task.node ?? '')}`}.`]
    }),
  ]
  return {
    schema,
    data: {
      ...data,
      tasks: where.map(task => told(task, ended(task))),
      acknowledged,
      refused,
      silent,
      journal,
    },
    ...(running.size > 0 && terminate ? {exitCode: exitCodes.gaveUp} : {}),
    text: context.quiet ? '' : `${lines.join('\n')}\n${recordedIn(journal)}`,
  }
}

function told({id, task, state, node, queue, runningSeconds}: Whereabouts, ended: boolean | null) {
  return {id, task, state, node, queue, runningSeconds, ended}
}
