import {confirm} from '../broker/confirm.ts'
import {foretellShutdown} from '../broker/shutdown.ts'
import {nameOf, requireAnswering} from '../broker/target-node.ts'
import {containerOfNode} from '../checks/names.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {duration} from '../render/text/duration.ts'
import {namesIn} from '../sources/celery/names.ts'
import {readPresence, tellNodes} from '../sources/celery/nodes/control.ts'
import {findBroker} from './broker.ts'
import type {Context} from './context.ts'
import type {Result} from './hub-command.ts'
import {recordedIn} from './recorded.ts'
import {untilTrue} from './until-true.ts'

/** `workers shutdown`. `waitSeconds` is `null` where it is not waited for. */
export async function shutDown(
  context: Context,
  asked: {
    node: string
    waitSeconds: number | null
    yes: boolean
    dryRun: boolean
    warn: (text: string) => void
  },
): Promise<Result> {
  const {waitSeconds, yes, dryRun, warn} = asked
  const {signal} = context
  const broker = await findBroker(context, warn)
  const {snapshot, celery} = await broker.see({celery: {scheduled: true}})
  const node = nameOf(asked.node, celery)
  const container = containerOfNode(snapshot, node)
  const nodes = requireAnswering(node, celery, {container, command: broker.command})
  const happens = foretellShutdown(node, nodes, container)
  const running = nodes.reduce((all, {active}) => all + active.length, 0)
  const schema = 'hub-mon/workers-shutdown@1'
  const data = {node, dryRun, happens, nodes: nodes.length, running, left: null, journal: null}
  if (dryRun) return {schema, data, text: happens.map(line => `${clean(line)}\n`).join('')}
  if (yes) for (const line of happens) broker.tell(line)
  await confirm(
    {
      happens,
      subject: 'shutting a node down',
      command: broker.command('workers', 'shutdown', node, '--yes'),
    },
    {yes, ask: broker.ask},
  )
  const names = namesIn(celery)
  const {result: left, journal} = await broker.act(
    {command: 'workers shutdown', did: `told ${node} to shut down`},
    async (reach, note) => {
      note({counts: {nodes: nodes.length, running}})
      const before = await readPresence(reach, names)
      await tellNodes(reach, names, {method: 'shutdown'}, {nodes: [node], patienceSeconds: 1}, signal)
      if (waitSeconds === null) return null
      const gone = await untilTrue(waitSeconds, signal, async () => {
        const {known, subscribers} = await readPresence(reach, names)
        return !known.includes(node) && subscribers <= before.subscribers - nodes.length
      })
      if (!gone) note({outcome: 'partly'})
      return gone
    },
  )
  if (left === false)
    throw new HubError(
      'gaveUp',
      'still-there',
      `${node} was told, and is still there after ${duration(waitSeconds ?? 0)}`,
      {
        detail: 'It may be finishing a task; it takes no more meanwhile.',
        suggestions: [broker.command('workers', node)],
      },
    )
  const rest = running === 0 ? '' : ' Its process ends when what it runs is done.'
  const said =
    left === null ? `${clean(node)} was told to shut down.` : `${clean(node)} has left the broker.${rest}`
  return {
    schema,
    data: {...data, left, journal},
    text: context.quiet ? '' : `${said}\n${recordedIn(journal)}`,
  }
}
