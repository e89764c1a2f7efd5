import {SourceError} from '../../snapshot/source-error.ts'
import {type Json, parseJson} from '../loose-json.ts'
import {timeLimit} from '../time-limit.ts'
import {type Answered, ask, NotHttp} from './http.ts'
import {type FlowerAccess, placeOf} from './read.ts'

const usualDeadlineSeconds = 2

/** What Flower's API answers to one GET; `cut`: more than is read of one answer, so that it is no JSON. */
export type ApiAnswer = {json: Json} | 'cut' | 'no-such-task'

/** Asks Flower's API. Throws a `SourceError` that says why it tells nothing: `not-part-of-the-hub`, `closed`, `refused`, … */
export async function askApi(access: FlowerAccess, path: string, signal: AbortSignal): Promise<ApiAnswer> {
  if (access.url === null)
    throw new SourceError('not-part-of-the-hub', 'this hub has no Flower, and no URL of one is given')
  const {base, credentials} = placeOf(access.url, access.credentials)
  const within = AbortSignal.any([signal, timeLimit(access.deadlineSeconds ?? usualDeadlineSeconds)])
  let answer: Answered
  try {
    answer = await ask(new URL(path, base), {credentials, signal: within})
  } catch (error) {
    throw error instanceof NotHttp ? noFlower() : error
  }
  if (answer.status === 404 && answer.body.startsWith('Unknown task')) return 'no-such-task'
  if (answer.status !== 200) throw new SourceError('closed', closedBecause(answer, credentials !== null))
  if (!answer.whole) return 'cut'
  try {
    return {json: parseJson(answer.body)}
  } catch {
    throw noFlower()
  }
}

function closedBecause({status, location}: Answered, signedIn: boolean): string {
  if (status === 401)
    return signedIn
      ? 'its API refuses our sign-in (401)'
      : 'its API is closed (401): FLOWER_UNAUTHENTICATED_API or FLOWER_BASIC_AUTH opens it'
  if (status === 404) return 'it has no API at that address (404): another url_prefix, or no Flower'
  if (status === 405) return 'its API is closed where Flower has a sign-in (405)'
  if (status >= 300 && status < 400)
    return location === '' ? `it answers ${status}` : 'it wants a log-in in a browser'
  return `it answers ${status}`
}

function noFlower(): SourceError {
  return new SourceError('closed', 'what answers there is no Flower')
}
