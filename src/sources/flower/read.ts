import {randomBytes} from 'node:crypto'
import type {Answer} from '../../snapshot/collect.ts'
import type {FlowerFacts} from '../../snapshot/flower.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {asEntries, asList, asText, at, type Json, parseJson} from '../loose-json.ts'
import {timeLimit} from '../time-limit.ts'
import {type Answered, ask, type Credentials, NotHttp} from './http.ts'
import {addFailures, tasksFrom} from './tasks.ts'

export type FlowerAccess = {
  /** With `url_prefix`, if there is one; `user:password@` in it is taken as credentials. `null`: no Flower here. */
  url: string | null
  credentials: Credentials | null
  /** For one request. */
  deadlineSeconds?: number
  /** GET alone: whether Flower is read-only is then not told. */
  passive?: boolean
}

const usualDeadlineSeconds = 2
const mostFailures = 100

/**
 * What Flower answers. That its API is closed, its prefix another one or that it is no Flower at all is a fact;
 * throws a `SourceError` when nothing answers: `not-part-of-the-hub`, `refused`, `timeout`, `name-not-found`, `tls`.
 * Partial when `/metrics` is too long or malformed (`metrics`).
 */
export async function readFlower(access: FlowerAccess, signal: AbortSignal): Promise<Answer<FlowerFacts>> {
  if (access.url === null)
    throw new SourceError('not-part-of-the-hub', 'this hub has no Flower, and no URL of one is given')
  const {base, credentials} = placeOf(access.url, access.credentials)
  try {
    return await readAt(base, credentials, access, signal)
  } catch (error) {
    if (!(error instanceof NotHttp)) throw error
    return {value: notFlower(base, credentials)}
  }
}

async function readAt(
  base: URL,
  credentials: Credentials | null,
  {deadlineSeconds = usualDeadlineSeconds, passive = false}: FlowerAccess,
  signal: AbortSignal,
): Promise<Answer<FlowerFacts>> {
  const within = AbortSignal.any([signal, timeLimit(deadlineSeconds)])
  const get = (path: string, as: Credentials | null) =>
    ask(new URL(path, base), {credentials: as, signal: within})
  const anonymous = credentials === null
  const asked = [
    get('healthcheck', null),
    get('metrics', null),
    get('workers?json=1', null),
    get('api/workers?status=1', credentials),
    get(`api/tasks?state=FAILURE&limit=${mostFailures}&sort_by=-received`, credentials),
    ...(anonymous ? [] : [get('workers?json=1', credentials), get('metrics', credentials)]),
  ]
  const settled = await Promise.allSettled(asked)
  signal.throwIfAborted()
  const [health, openMetrics, openPage, api, failures, ownPage, ownMetrics] = settled.map(answerOf)
  const first = settled[0]
  // One page that hangs is not the whole of Flower; none that answers is.
  if (settled.every(each => each.status === 'rejected'))
    throw first?.status === 'rejected' ? first.reason : null
  const page = (anonymous ? openPage : ownPage) ?? null
  const metrics = [openMetrics, ownMetrics].find(answer => answer?.status === 200) ?? null
  const state = apiState({health, metrics, page, api, all: settled.map(answerOf)})
  const tasks = metrics === null ? null : tasksFrom(metrics.body)
  if (tasks !== null && failures?.status === 200 && failures.whole) tryAddFailures(tasks, failures.body)
  return {
    value: {
      url: shown(base),
      version: null,
      api: state,
      sentCredentials: !anonymous,
      asksAuth: asksAuth(openPage),
      metricsOpen: openMetrics === null || state === 'not-flower' ? null : openMetrics?.status === 200,
      readOnly: state === 'usable' && !passive ? await isReadOnly(base, credentials, within) : null,
      nodes: nodesFrom(state === 'usable' ? api : null) ?? nodesFrom(page),
      tasks,
    },
    ...(metrics !== null && !metrics.whole
      ? {error: {code: 'metrics', message: 'Flower’s /metrics is longer than 2 MB and was cut'}}
      : {}),
  }
}

function answerOf(settled: PromiseSettledResult<Answered>): Answered | null {
  return settled.status === 'fulfilled' ? settled.value : null
}

type Answers = {
  health: Answered | null | undefined
  metrics: Answered | null
  page: Answered | null
  api: Answered | null | undefined
  all: (Answered | null)[]
}

/** The table of what each pattern of answers means; see `FlowerFacts.api`. */
function apiState({health, metrics, page, api, all}: Answers): FlowerFacts['api'] {
  const isFlower =
    (health?.status === 200 && health.body.trim() === 'OK') ||
    (metrics !== null && /^# HELP flower_/m.test(metrics.body))
  const given = all.filter(answer => answer !== null)
  if (given.every(answer => answer.status === 404))
    return given.some(answer => answer.server.startsWith('TornadoServer')) ? 'wrong-prefix' : 'not-flower'
  if ([api, page].some(answer => answer != null && isLogin(answer))) return 'login-page'
  if (api?.status === 200) return nodesFrom(api) === null ? 'not-flower' : 'usable'
  const unhealthy = given.find(answer => answer.status >= 500)
  if (!isFlower && unhealthy !== undefined)
    throw new SourceError('refused', `what stands before Flower answers ${unhealthy.status}`)
  if (!isFlower && page?.status !== 401) return 'not-flower'
  if (api?.status === 405) return 'disabled-by-auth'
  if (api?.status === 401)
    return page?.status === 200 || api.body.includes('FLOWER_UNAUTHENTICATED_API')
      ? 'not-enabled'
      : 'unauthorized'
  if (api == null || api.status >= 500)
    throw new SourceError('timeout', 'Flower answers, but its API does not')
  return 'not-flower'
}

function isLogin({status, location}: Answered): boolean {
  return status >= 300 && status < 400 && /\/login\b|oauth|accounts\./i.test(location)
}

function asksAuth(page: Answered | null | undefined): boolean | null {
  if (page == null) return null
  if (page.status === 401 || isLogin(page)) return true
  return page.status === 200 ? false : null
}

/** `/api/workers?status=1` gives `{name: online}`, `/workers?json=1` gives `{data: [{hostname, status}]}`. */
function nodesFrom(answer: Answered | null | undefined): FlowerFacts['nodes'] {
  if (answer?.status !== 200 || !answer.whole) return null
  let json: Json
  try {
    json = parseJson(answer.body)
  } catch {
    return null
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return null
  const data = asList(at(json, 'data'))
  const pairs: [string | null, Json][] =
    data === null ? asEntries(json) : data.map(row => [asText(at(row, 'hostname')), at(row, 'status')])
  const nodes = pairs.flatMap(([name, online]) =>
    name !== null && typeof online === 'boolean' ? [{name, online}] : [],
  )
  return nodes.length === pairs.length ? nodes.sort((a, b) => (a.name < b.name ? -1 : 1)) : null
}

/**
 * Asks for a task that cannot exist to be run: a read-only Flower forbids it (403) before it looks for the task,
 * any other says that there is no such task (404). Nothing is run either way.
 */
async function isReadOnly(
  base: URL,
  credentials: Credentials | null,
  signal: AbortSignal,
): Promise<boolean | null> {
  const path = `api/task/apply/hub-mon.no-such-task-${randomBytes(8).toString('hex')}`
  const answer = await ask(new URL(path, base), {method: 'POST', credentials, signal}).catch(() => null)
  if (answer?.status === 403) return true
  return answer?.status === 404 ? false : null
}

function tryAddFailures(tasks: NonNullable<FlowerFacts['tasks']>, list: string): void {
  try {
    addFailures(tasks.byTask, list)
  } catch {
    // The counts stand without the last exception.
  }
}

/** Base address and credentials. Throws a `SourceError` for what is no URL of a Flower. */
export function placeOf(
  text: string,
  given: Credentials | null,
): {base: URL; credentials: Credentials | null} {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new SourceError('not-part-of-the-hub', 'the Flower URL does not start with http:// or https://')
  const own = url.username === '' ? null : {user: decoded(url.username), password: decoded(url.password)}
  const base = new URL(`${url.pathname.replace(/\/*$/, '')}/`, url.origin)
  return {base, credentials: given ?? own}
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray % is part of the password as it stands.
    return text
  }
}

function shown(base: URL): string {
  return base.href.replace(/\/$/, '')
}

function notFlower(base: URL, credentials: Credentials | null): FlowerFacts {
  return {
    url: shown(base),
    version: null,
    api: 'not-flower',
    sentCredentials: credentials !== null,
    asksAuth: null,
    metricsOpen: null,
    readOnly: null,
    nodes: null,
    tasks: null,
  }
}
