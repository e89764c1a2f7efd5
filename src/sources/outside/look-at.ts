import type {OutsideAddress} from '../../snapshot/outside.ts'
import {timeLimit} from '../time-limit.ts'
import type {Place} from './place.ts'
import {redisAsks} from './redis.ts'
import {type Answered, get, NotHttp, whyNot} from './request.ts'
import {isTlsRefusal, readOldTls, readTls, shakeHands} from './tls.ts'

/** A published port, and what is known of it from its container. */
export type Published = Pick<
  OutsideAddress,
  'container' | 'service' | 'role' | 'containerPort' | 'hostIp'
> & {
  /** Name to ask for, in TLS and in HTTP; `null` asks for the address. */
  site: string | null
  /** Path that the pages stand under, without slashes; empty without. */
  prefix: string
}

export type LookOptions = {
  /** For one address, in seconds. */
  deadlineSeconds: number
  ownAuthority: () => Promise<string | null>
  /** Whether the proxy's list lets an address in; `null` without a list. */
  isAllowed: (address: string) => boolean | null
}

type Told = Pick<
  OutsideAddress,
  'speaks' | 'error' | 'http' | 'tls' | 'redisAsks' | 'seenAs' | 'seenAsAllowed'
>

const nothingTold: Told = {
  ...{speaks: 'nothing', error: null, http: null, tls: null, redisAsks: null},
  ...{seenAs: null, seenAsAllowed: null},
}

/** What one address answers to somebody without credentials. Never throws; ends by its deadline and holds no socket. */
export async function lookAt(
  published: Published,
  place: Place,
  options: LookOptions,
  signal: AbortSignal,
): Promise<OutsideAddress> {
  const {site: _site, prefix: _prefix, ...known} = published
  const limit = timeLimit(options.deadlineSeconds)
  const within = AbortSignal.any([signal, limit])
  // The first try must leave time for the second, with a peer that only stays silent.
  const first = AbortSignal.any([within, timeLimit(options.deadlineSeconds / 2)])
  const told = await tell(published, place, options, first, within).catch(
    (error): Told =>
      error instanceof NotHttp
        ? {...nothingTold, speaks: 'other'}
        : {...nothingTold, error: whyNot(error, within)},
  )
  return {...known, ...place, ...told}
}

async function tell(
  published: Published,
  place: Place,
  options: LookOptions,
  first: AbortSignal,
  within: AbortSignal,
): Promise<Told> {
  if (isRedis(published)) return await tellOfRedis(place, first, within)
  if (/443$/.test(String(published.containerPort))) {
    const told = await tellOfHttps(published, place, options, first, within).catch(() => null)
    if (told !== null) return told
    return await tellOfHttp(published, place, await getFirst(published, place, within), within)
  }
  try {
    const answer = await getFirst(published, place, first)
    // 400 is what servers say to somebody who forgot TLS.
    const told =
      answer.status === 400
        ? await tellOfHttps(published, place, options, within, within).catch(() => null)
        : null
    return told ?? (await tellOfHttp(published, place, answer, within))
  } catch (error) {
    if (whyNot(error, within) === 'refused' && !(error instanceof NotHttp)) throw error
    const told = await tellOfHttps(published, place, options, within, within).catch(() => null)
    if (told !== null) return told
    throw error
  }
}

function getFirst(published: Published, place: Place, signal: AbortSignal): Promise<Answered> {
  return get(place, pathsOf(published)[0] ?? '/', {secure: false, name: published.site}, signal)
}

function isRedis({role, containerPort}: Published): boolean {
  return role === 'redis' || containerPort === 6379
}

async function tellOfRedis(place: Place, first: AbortSignal, within: AbortSignal): Promise<Told> {
  const net = process.getBuiltinModule('node:net')
  const asks = await redisAsks(net.connect(place), first).catch(error => {
    if (within.aborted || whyNot(error, within) === 'refused') throw error
    return null
  })
  if (asks !== null) return {...nothingTold, speaks: 'redis', redisAsks: asks}
  const asksByTls = await shakeHands(place, null, {}, within).then(
    socket => redisAsks(socket, within),
    () => null,
  )
  within.throwIfAborted()
  return {...nothingTold, speaks: asksByTls === null ? 'other' : 'rediss', redisAsks: asksByTls}
}

const safetyHeaders = [
  ...['strict-transport-security', 'x-content-type-options', 'x-frame-options', 'content-security-policy'],
  ...['referrer-policy', 'server', 'www-authenticate'],
]

/** Where Flower answers: its pages, what it leaves open whatever its own password is, and its API. */
function pathsOf({prefix}: Published): string[] {
  const under = prefix === '' ? '' : `/${prefix}`
  return [`${under}/`, `${under}/metrics`, `${under}/healthcheck`, `${under}/api/workers`]
}

async function tellOfHttp(
  published: Published,
  place: Place,
  first: Answered,
  within: AbortSignal,
): Promise<Told> {
  const how = {secure: false, name: published.site}
  return {...nothingTold, speaks: 'http', http: await readHttp(published, place, first, how, within)}
}

async function tellOfHttps(
  published: Published,
  place: Place,
  {ownAuthority, isAllowed}: LookOptions,
  first: AbortSignal,
  within: AbortSignal,
): Promise<Told> {
  const name = published.site
  const how = {secure: true, name}
  try {
    const socket = await shakeHands(place, name, {}, first)
    socket.destroy()
  } catch (error) {
    if (!isTlsRefusal(error)) throw error
    const tls = await readOldTls(place, name, ownAuthority, within).catch(() => null)
    return {...nothingTold, speaks: 'https', error: 'tls-refused', tls}
  }
  const [tls, answer, seenAs] = await Promise.all([
    readTls(place, name, ownAuthority, within),
    get(place, pathsOf(published)[0] ?? '/', how, within).catch((error: unknown) => ({error})),
    published.role === 'proxy' ? readSeenAs(place, how, within) : null,
  ])
  if ('error' in answer)
    return answer.error instanceof NotHttp
      ? {...nothingTold, speaks: 'other', tls}
      : {...nothingTold, speaks: 'https', error: whyNot(answer.error, within), tls}
  return {
    ...{speaks: 'https', error: null, redisAsks: null, tls, seenAs},
    http: await readHttp(published, place, answer, how, within),
    seenAsAllowed: seenAs === null ? null : isAllowed(seenAs),
  }
}

async function readHttp(
  published: Published,
  place: Place,
  first: Answered,
  how: {secure: boolean; name: string | null},
  within: AbortSignal,
): Promise<NonNullable<OutsideAddress['http']>> {
  const [path = '/', ...others] = pathsOf(published)
  const answers = await Promise.all(
    others.map(async other => {
      const answer = await get(place, other, how, within).catch(() => null)
      return {path: other, status: answer?.status ?? null, location: answer?.location ?? null}
    }),
  )
  return {
    answers: [{path, status: first.status, location: first.location}, ...answers],
    headers: Object.fromEntries(
      safetyHeaders.flatMap(name => {
        const value = first.headers[name]
        return value === undefined ? [] : [[name, String(value).slice(0, 200)]]
      }),
    ),
  }
}

/** What the proxy says of us, before it asks for anything. */
async function readSeenAs(
  place: Place,
  how: {secure: boolean; name: string | null},
  within: AbortSignal,
): Promise<string | null> {
  try {
    const {status, body} = await get(place, '/.well-known/hub-mon', {...how, wantsBody: true}, within)
    if (status !== 200) return null
    const {client} = JSON.parse(body) as {client?: unknown}
    return typeof client === 'string' && client.length < 64 ? client.replace(/^::ffff:(?=\d+\.)/, '') : null
  } catch {
    return null
  }
}
