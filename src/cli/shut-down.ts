import {confirm} from '../broker/confirm.ts'
import {foretellShutdown, stillThere} from '../broker/shutdown.ts'
import {consumedBy, stopConsuming, tellConsuming} from '../broker/stop-consuming.ts'
import {nameOf, requireAnswering} from '../broker/target-node.ts'
import {containerOfNode} from '../checks/names.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {duration} from '../render/text/duration.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import {namesIn} from '../sources/celery/names.ts'
import {readPresence, tellNodes} from '../sources/celery/nodes/control.ts'
import type {ConnectedReach} from '../sources/redis/reach.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {findBroker} from './broker.ts'
import type {Context} from './context.ts'
import type {Result} from './hub-command.ts'
import {recordedIn} from './recorded.ts'
import {untilTrue} from './until-true.ts'

/** From Ctrl-C on, before the way to Redis is cut off. */
const resumeSeconds = 1.5

/** Tells it to shut down once it takes nothing more; when that is broken off, it takes messages again. */
async function endQuietly(
  reach: ConnectedReach,
  celery: CeleryFacts,
  node: string,
  {signal, warn}: {signal: AbortSignal; warn: (text: string) => void},
): Promise<void> {
  const consuming = consumedBy(celery, name => name === node)
  try {
    const taking = await stopConsuming(reach, celery, consuming, signal)
    if (taking.length > 0)
      warn(`${node} takes messages although told not to: one that is on its way when it ends can be lost`)
    const to = {nodes: [node], patienceSeconds: 1}
    await tellNodes(reach, namesIn(celery), {method: 'shutdown'}, to, signal)
  } catch (error) {
    const within = timeLimit(resumeSeconds)
    await tellConsuming(reach, celery, 'add_consumer', consuming, within).catch(() => {
      warn(`${node} may still take no tasks, as it was told: start it again`)
    })
    throw error
  }
}

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
      await endQuietly(reach, celery, node, {signal, warn})
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
      stillThere(nodes, container, broker.command),
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
