import type {CeleryFacts} from '../../../snapshot/celery.ts'
import {SourceError} from '../../../snapshot/source-error.ts'
import type {TaskQuestion, TaskStory} from '../../../snapshot/task-story.ts'
import type {FlowerAccess} from '../../flower/read.ts'
import {taskByFlower} from '../../flower/task.ts'
import type {ConnectedReach} from '../../redis/reach.ts'
import {untilAborted} from '../../until-aborted.ts'
import {type CeleryNames, listsOf, namesIn} from '../names.ts'
import {Budget, findDelivered, findWaiting, mostBytes} from './find-task.ts'
import {askForTask} from './task-on-nodes.ts'
import {readResult} from './task-result.ts'

/**
 * Looks for one task in all the places it may be in: from where it comes to where it ends, so that one that moves on
 * meanwhile is met further on. `lookedAt`, ISO 8601: before `celery` was read. Throws a `SourceError` when Redis stops answering.
 */
export async function readTaskStory(
  reach: ConnectedReach,
  celery: CeleryFacts,
  flower: Promise<FlowerAccess>,
  question: TaskQuestion & {lookedAt: string},
  signal: AbortSignal,
): Promise<TaskStory> {
  const toldByFlower = askFlower(flower, question, signal)
  toldByFlower.catch(() => {})
  const names = namesIn(celery)
  const {queues, unacked} = await lookThrough(reach, names, celery, question, signal)
  const nodes = await askForTask(reach, names, celery, question, signal)
  const {result, results} = await readResult(reach, celery, question, signal)
  const {id, lookedAt} = question
  return {id, lookedAt, queues, unacked, nodes, result, results, ...(await toldByFlower)}
}

async function lookThrough(
  reach: ConnectedReach,
  names: CeleryNames,
  {queues}: CeleryFacts,
  question: TaskQuestion,
  signal: AbortSignal,
): Promise<Pick<TaskStory, 'queues' | 'unacked'>> {
  // Messages may be large: when they break the connection, nothing else is lost with it.
  const connection = await reach.open(signal, {mostBytes: 2 * mostBytes})
  try {
    const budget = new Budget()
    const listed = queues.map(({name, byPriority}) => ({
      name,
      lists: listsOf(names, name, Object.keys(byPriority).map(Number)).map(([step, key]) => ({step, key})),
    }))
    const waiting = await untilAborted(findWaiting(connection.client, listed, question, budget), signal)
    const delivered = await untilAborted(
      findDelivered(connection.client, names, question, new Budget()),
      signal,
    )
    return {queues: waiting, unacked: delivered}
  } finally {
    connection.close()
  }
}

async function askFlower(
  flower: Promise<FlowerAccess>,
  question: TaskQuestion,
  signal: AbortSignal,
): Promise<Pick<TaskStory, 'flower' | 'notFlower'>> {
  try {
    return {flower: await taskByFlower(await flower, question, signal), notFlower: null}
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof SourceError)) throw error
    return {flower: null, notFlower: error.message}
  }
}
