import {HubError} from '../errors/hub-error.ts'
import {count} from '../render/text/number.ts'
import {commandLine} from '../render/text/shell.ts'
import {accountOf, whyIncomplete} from '../report/task-account.ts'
import {collect} from '../snapshot/collect.ts'
import type {Container} from '../snapshot/docker.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {TaskQuestion, TaskStory} from '../snapshot/task-story.ts'
import {readTaskStory} from '../sources/celery/tasks/task-story.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {celeryFactsOf} from './celery-facts.ts'
import type {Context} from './context.ts'
import {type Hub, sourceSeconds} from './hub.ts'
import {openReaders} from './readers.ts'

/**
 * Looks at Celery, then for one task in all its places, over the same connections. Throws a `HubError` (69) where Celery
 * cannot be read. Containers are those of the project, for what to type next.
 */
export async function lookAtTask(
  context: Context,
  hub: Hub,
  question: TaskQuestion,
  warn: (warning: string) => void,
): Promise<{story: TaskStory; containers: readonly Container[]}> {
  const total = context.settings.timeoutSeconds.value
  const lookedAt = new Date().toISOString()
  const wanted = new Set<SourceId>(hub.target.kind === 'compose' ? ['celery', 'docker'] : ['celery'])
  const open = openReaders(context, hub, {
    wanted,
    question: {passive: question.passive},
    beforeStart: false,
  })
  let within: AbortSignal | undefined
  try {
    const sources = await collect(open.readers, {source: sourceSeconds(total), total}, context.signal)
    const celery = celeryFactsOf({sources, target: hub.target}, warn)
    const reach = await open.reach(context.signal)
    if (reach.kind === 'exec')
      throw new HubError(
        'unavailable',
        'exec-only',
        `only ${reach.address} leads to Redis: a task cannot be looked for that way`,
      )
    const limit = AbortSignal.any([context.signal, timeLimit(total)])
    within = limit
    const look = () => readTaskStory(reach, celery, open.flower(limit), {...question, lookedAt}, limit)
    let story = await look()
    // Between two places it was met in neither, or in one that it has left since.
    const state = accountOf(story)?.state ?? null
    if ((state === null || state === 'delivered') && whyIncomplete(story) === null) story = await look()
    return {
      story: context.secrets.maskDeep(story),
      containers: factsFrom(sources.docker)?.containers ?? [],
    }
  } catch (error) {
    context.signal.throwIfAborted()
    if (within?.aborted === true)
      throw new HubError(
        'unavailable',
        'timeout',
        `not all places of a task answered within ${count(total)} s`,
        {
          suggestions: [commandLine(['hub-mon', 'doctor', ...hub.target.flags])],
        },
      )
    throw error instanceof SourceError ? new HubError('unavailable', error.code, error.message) : error
  } finally {
    await open.close()
  }
}
