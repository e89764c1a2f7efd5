import {SourceError} from '../../snapshot/source-error.ts'
import type {FlowerStory} from '../../snapshot/task-story.ts'
import {concealRepr} from '../celery/tasks/conceal.ts'
import {cut} from '../celery/tasks/outcome.ts'
import {asList, asNumber, asText, at, type Json} from '../loose-json.ts'
import {askApi} from './api.ts'
import type {FlowerAccess} from './read.ts'

const events = [
  'sent',
  'received',
  'started',
  'retried',
  'succeeded',
  'failed',
  'revoked',
  'rejected',
] as const
const mostChildren = 100
const longestTraceback = 20_000

/** What Flower knows of one task; `null` when it does not know it. Throws a `SourceError` when it tells nothing. */
export async function taskByFlower(
  access: FlowerAccess,
  {id, showArgs}: {id: string; showArgs: boolean},
  signal: AbortSignal,
): Promise<FlowerStory | null> {
  const answer = await askApi(access, `api/task/info/${encodeURIComponent(id)}`, signal)
  if (answer === 'no-such-task') return null
  if (answer === 'cut') throw new SourceError('too-long', 'what it says of the task is too long to be read')
  return flowerStory(answer.json, id, showArgs)
}

export function flowerStory(task: Json, id: string, showArgs: boolean): FlowerStory | null {
  // Flower before 1.0 calls it task-id.
  if ((asText(at(task, 'uuid')) ?? asText(at(task, 'task-id'))) !== id) return null
  const text = (name: string) => asText(at(task, name))
  const concealed = (name: string) => {
    const words = text(name)
    return words === null ? null : concealRepr(words, showArgs)
  }
  const exception = text('exception')
  return {
    state: text('state'),
    task: text('name'),
    node: text('worker'),
    queue: text('routing_key'),
    retries: asNumber(at(task, 'retries')),
    runtimeSeconds: asNumber(at(task, 'runtime')),
    eta: text('eta'),
    rootId: text('root_id'),
    // Flower has a task that was retried as its own parent and child.
    parentId: text('parent_id') === id ? null : text('parent_id'),
    children: (asList(at(task, 'children')) ?? [])
      .slice(0, mostChildren)
      .flatMap(child => asText(child) ?? [])
      .filter(child => child !== id),
    events: events.flatMap(event => {
      const when = isoOf(asNumber(at(task, event)))
      return when === null ? [] : [{event, at: when}]
    }),
    exception: exception === null ? null : cut(exception),
    traceback: text('traceback')?.slice(0, longestTraceback) ?? null,
    value: concealed('result'),
    args: concealed('args'),
    kwargs: concealed('kwargs'),
  }
}

function isoOf(seconds: number | null): string | null {
  const date = new Date((seconds ?? Number.NaN) * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
