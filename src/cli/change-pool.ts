import {confirm} from '../broker/confirm.ts'
import {orderOutcome} from '../broker/node-words.ts'
import {foretellPool, isChanged, type PoolChange, poolRefusal, sizesOf} from '../broker/pool.ts'
import {nameOf, requireAnswering} from '../broker/target-node.ts'
import {containerOfNode} from '../checks/names.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {namesIn} from '../sources/celery/names.ts'
import {tellNodes} from '../sources/celery/nodes/control.ts'
import {findBroker} from './broker.ts'
import type {Context} from './context.ts'
import type {Result} from './hub-command.ts'
import {recordedIn} from './recorded.ts'
import {untilTrue} from './until-true.ts'

const replySeconds = 5
/** A process is forked, or ended, in a second at most. */
const changeSeconds = 10

/** `workers pool grow` and `workers pool shrink`. */
export async function changePool(
  context: Context,
  change: PoolChange & {node: string; yes: boolean; dryRun: boolean; warn: (text: string) => void},
): Promise<Result> {
  const {direction, by, warn} = change
  const broker = await findBroker(context, warn)
  const {snapshot, celery} = await broker.see()
  const node = nameOf(change.node, celery)
  const elsewhere = {container: containerOfNode(snapshot, node), command: broker.command}
  const nodes = requireAnswering(node, celery, elsewhere)
  const happens = foretellPool(node, nodes, change)
  const before = sizesOf(nodes)
  const words = ['workers', 'pool', direction, node, String(by)]
  const data = {node, direction, by, dryRun: change.dryRun, happens, before, after: null, journal: null}
  const schema = 'hub-mon/workers-pool@1'
  if (change.dryRun) return {schema, data, text: happens.map(line => `${clean(line)}\n`).join('')}
  if (change.yes) for (const line of happens) broker.tell(line)
  await confirm(
    {happens, subject: `letting a pool ${direction}`, command: broker.command(...words, '--yes')},
    {yes: change.yes, ask: broker.ask},
  )
  const command = `workers pool ${direction}`
  const {result, journal} = await broker.act(
    {command, did: `told ${node} to ${direction} its pool by ${by}`},
    async (reach, note) => {
      const order = {method: `pool_${direction}` as const, processes: by}
      const to = {nodes: [node], replies: nodes.length, patienceSeconds: replySeconds}
      const {replies} = await tellNodes(reach, namesIn(celery), order, to, context.signal)
      for (const {value} of replies) {
        const {ok, words: said} = orderOutcome(value)
        if (!ok) throw poolRefusal(node, said)
      }
      if (replies.length === 0)
        throw new HubError('unavailable', 'no-reply', `${node} did not reply within ${replySeconds} s`, {
          detail: 'It may carry it out all the same, whenever it wakes.',
          suggestions: [broker.command('workers', node)],
        })
      let after = before
      const changed = await untilTrue(changeSeconds, context.signal, async () => {
        const seen = await broker.see()
        after = sizesOf(seen.celery.nodes.filter(({name}) => name === node))
        return isChanged(before, after, change)
      })
      note({outcome: changed ? 'done' : 'partly', counts: {processes: after[0] ?? 0}})
      return {after, changed}
    },
  )
  if (!result.changed)
    throw new HubError(
      'gaveUp',
      'not-changed',
      `${node} agreed, but its pool has not changed within ${changeSeconds} s`,
      {
        detail:
          result.after.length === 0
            ? 'It does not answer any more.'
            : `It has ${result.after.join(', ')} pool processes and had ${before.join(', ')}.`,
        suggestions: [broker.command('workers', node)],
      },
    )
  return {
    schema,
    data: {...data, after: result.after, journal},
    text: context.quiet
      ? ''
      : `${clean(node)} has ${result.after.join(', ')} pool processes; it had ${before.join(', ')}.\n${recordedIn(journal)}`,
  }
}
