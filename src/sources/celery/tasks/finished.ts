import {type FinishedFacts, type FinishedTask, finishedStates} from '../../../snapshot/celery.ts'
import {SourceError} from '../../../snapshot/source-error.ts'
import {finishedByFlower} from '../../flower/finished.ts'
import type {FlowerAccess} from '../../flower/read.ts'
import type {ResultsSample, StoredResult} from './outcome.ts'

/**
 * Finished tasks, newest first: from Flower where its API tells, else from a bounded look into the result backend.
 * Throws a `SourceError` when neither tells.
 */
export async function readFinished(
  flower: Promise<FlowerAccess>,
  results: () => Promise<ResultsSample>,
  states: readonly string[],
  signal: AbortSignal,
): Promise<FinishedFacts> {
  let notFlower: string
  try {
    const {tasks, complete} = await finishedByFlower(await flower, states, signal)
    return {from: 'flower', notFlower: null, tasks, looked: tasks.length, complete}
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof SourceError)) throw error
    notFlower = error.message
  }
  return finishedByResults(await results(), states, notFlower)
}

export function finishedByResults(
  {results, complete}: Pick<ResultsSample, 'results' | 'complete'>,
  states: readonly string[],
  notFlower: string,
): FinishedFacts {
  const finished = results.filter(({status}) => finishedStates.includes(status))
  return {
    from: 'results',
    notFlower,
    tasks: finished
      .filter(({status}) => states.includes(status))
      .map(finishedTask)
      .sort((a, b) => ((a.at ?? '') > (b.at ?? '') ? -1 : 1)),
    looked: finished.length,
    complete,
  }
}

function finishedTask(result: StoredResult): FinishedTask {
  return {
    id: result.id ?? '',
    name: result.task,
    state: result.status,
    node: result.node,
    queue: result.queue,
    at: result.doneAt,
    // The result backend keeps no start.
    runtimeSeconds: null,
    exception: result.exception,
  }
}
