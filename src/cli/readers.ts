import path from 'node:path'
import {queuesOf} from '../config/expected.ts'
import {knownDefault} from '../secrets/known-defaults.ts'
import {type CeleryQuestion, censusOf, finishedStates} from '../snapshot/celery.ts'
import type {Answer, Reader, Readers} from '../snapshot/collect.ts'
import type {ComposeFacts} from '../snapshot/compose.ts'
import type {Container, DockerFacts} from '../snapshot/docker.ts'
import type {Kept} from '../snapshot/kept.ts'
import type {LogsFacts} from '../snapshot/logs.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {Secrets} from '../snapshot/secrets.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {becauseOfRedis, readCelery} from '../sources/celery/read.ts'
import {readFinished} from '../sources/celery/tasks/finished.ts'
import {readResults, sampleResults} from '../sources/celery/tasks/results.ts'
import {findAndReadCompose} from '../sources/compose/find-and-read.ts'
import {findCompose} from '../sources/compose/find-compose.ts'
import type {Engine} from '../sources/docker/engine.ts'
import {execInContainer} from '../sources/docker/exec.ts'
import {fileIn} from '../sources/docker/file-in.ts'
import {readObstacles} from '../sources/docker/obstacles.ts'
import {readPublishers} from '../sources/docker/published.ts'
import {type DockerView, readDocker} from '../sources/docker/read-docker.ts'
import {readStats} from '../sources/docker/read-stats.ts'
import {isUnwell, readTellingLines} from '../sources/docker/read-telling-lines.ts'
import type {FlowerAccess} from '../sources/flower/read.ts'
import {readHost} from '../sources/host/read-host.ts'
import {readOutside} from '../sources/outside/read-outside.ts'
import {type RedisReach, reachRedis} from '../sources/redis/reach.ts'
import {readRedis} from '../sources/redis/read.ts'
import type {RedisStack} from '../sources/redis/stack.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {untilAborted} from '../sources/until-aborted.ts'
import type {Context} from './context.ts'
import {flowerAccess, flowerPrefix, flowerReader} from './flower-access.ts'
import {historyReader, type Window} from './history-reader.ts'
import {type Hub, once, sourceSeconds} from './hub.ts'

type Wanted = {
  wanted: ReadonlySet<SourceId>
  question: CeleryQuestion
  /** Which finished tasks, by Celery's words; all of them when absent. */
  finished?: readonly string[]
  /** Of history; the last 15 minutes when absent. */
  window?: Window | undefined
  kept?: Kept | undefined
  /** As which of hub-mon's own users Redis is spoken to where there are secrets: one that looks, when absent. */
  rights?: 'act' | undefined
  beforeStart: boolean
}

export type OpenReaders = {
  readers: Readers
  /** The way to Redis, for what acts there; closed by `close`. */
  reach: (within: AbortSignal) => Promise<RedisReach>
  /** Where Flower is and how to sign in there. Throws a `SourceError` when there is none. */
  flower: (within: AbortSignal) => Promise<FlowerAccess>
  close: () => Promise<void>
}

/**
 * The readers of the wanted sources. What several need (the engine's view, the way to Redis, what Compose says) is asked
 * for once, and whoever needs it waits for it under its own deadline.
 */
export function openReaders(
  context: Context,
  hub: Omit<Hub, 'look'>,
  {wanted, question, finished = finishedStates, window, kept, rights, beforeStart}: Wanted,
): OpenReaders {
  const {settings, secrets, signal} = context
  const {target, located} = hub
  const composed = target.kind === 'compose'
  const services = settings.services.value

  const docker = onceWithin(async within => {
    const engine = await hub.engine()
    return await readDocker(engine, {project: target.project, services, secrets, isKnownDefault}, within)
  })
  const compose = onceWithin(async (within): Promise<Answer<ComposeFacts>> => {
    if (target.composeFile !== null) {
      const project = {file: target.composeFile, project: target.project ?? '', environment: hub.environment}
      return await findAndReadCompose({...project, services, secrets}, within)
    }
    return {
      value: {binary: await findCompose(within), config: null},
      error: {code: 'no-file', message: 'the compose file of the project is not known'},
    }
  })
  const reach = onceWithin(within =>
    reachRedis(
      {
        url: located.redisUrl,
        stack:
          composed && located.redisUrl === null
            ? stackOf(context, hub, rights ?? (question.passive ? 'passive' : 'ask'), docker(within), within)
            : Promise.resolve(null),
        deadlineSeconds: reachSeconds(settings.timeoutSeconds.value),
        onSecret: secret => secrets.add(secret),
      },
      within,
    ),
  )
  const celery = onceWithin(async within => {
    const reached = await becauseOfRedis(reach(within))
    const view = composed && reached.kind === 'exec' ? await docker(within) : null
    return await readCelery(
      reached,
      {
        ...question,
        secondsInAll: sourceSeconds(settings.timeoutSeconds.value),
        ...(view === null ? {} : {knownQueues: queuesIn(view)}),
      },
      within,
    )
  })

  const celeryOrNull = async (within: AbortSignal) => (await celery(within).catch(() => null))?.value ?? null

  /** Of the containers that the engine calls unwell, and of workers that run and are not there. */
  const logs = async (within: AbortSignal): Promise<Answer<LogsFacts>> => {
    const {facts} = await because('docker', docker(within))
    const soon = AbortSignal.any([within, timeLimit(sourceSeconds(settings.timeoutSeconds.value) / 2)])
    const told = wanted.has('celery')
      ? await untilAborted(celeryOrNull(within), soon).catch(() => null)
      : null
    const noNode = told !== null && censusOf(told)?.answered === 0
    const now = new Date().toISOString()
    const unwell = facts.containers.filter(
      one => isUnwell(one, now) || (noNode && one.role === 'worker' && one.state === 'running'),
    )
    if (unwell.length === 0) return {value: {containers: []}}
    const {kindOfLine} = await import('../checks/log-causes.ts')
    const how = {secrets, kindOf: kindOfLine}
    return {value: {containers: await readTellingLines(await hub.engine(), unwell, how, within)}}
  }

  /** The containers as they run: what was told of others says nothing of these. */
  const runs = async (within: AbortSignal) => {
    const {facts} = await because('docker', docker(within))
    return JSON.stringify(
      facts.containers.map(({id, state, startedAt, ports}) => [id, state, startedAt, ports]),
    )
  }

  const ofStack: Readers = {
    compose,
    logs,
    docker: async within => ({value: (await docker(within)).facts}),
    stats: async within => {
      const {facts} = await because('docker', docker(within))
      const workers = facts.containers.filter(({role}) => role === 'worker')
      return {value: await readStats(await hub.engine(), workers, within)}
    },
    outside: async within => {
      const view = await because('docker', docker(within))
      const query = {
        docker: view.facts,
        prefixOf: (container: Container) => flowerPrefix(view, container),
        ownAuthority: once(async () => await authorityOf(await hub.engine(), view, within)),
        deadlineSeconds: Math.min(addressSeconds, sourceSeconds(settings.timeoutSeconds.value) / 2),
      }
      return await readOutside(query, within)
    },
    host: async within => {
      const view = await docker(within).catch(() => null)
      const local = view === null || view.facts.engine.local
      const own = view?.facts.containers ?? []
      // A Compose that hangs must not take what is told of the disk with it.
      const planned = local
        ? await orNull(compose(within), reachSeconds(settings.timeoutSeconds.value))
        : null
      const services = planned?.value.config?.services ?? []
      const absent = services.filter(({name}) => !own.some(({service}) => service === name))
      const ports = beforeStart || own.length > 0 ? fixedPorts(services, own) : []
      const [taken, obstacles] = await Promise.all([
        view === null || ports.length === 0 ? [] : orNull(readPublishers(await hub.engine(), within)),
        view === null || absent.length === 0 ? [] : orNull(readObstacles(await hub.engine(), absent, within)),
      ])
      const rootDir = local ? (view?.facts.engine.rootDir ?? null) : null
      return {
        value: await readHost({
          ports,
          obstacles: obstacles ?? [],
          publishers: taken ?? [],
          diskPaths: [...(rootDir === null ? [] : [rootDir]), process.cwd()],
          secrets,
        }),
      }
    },
  }
  const ofHub: Readers = {
    // What our user may do is asked where the rest of safety is: nobody who only counts tasks needs it.
    redis: async within =>
      readRedis(await reach(within), within, wanted.has('outside') ? isKnownDefault : undefined),
    celery,
    results: async within => {
      const reached = await becauseOfRedis(reach(within))
      return await readResults(reached, await celeryOrNull(within), within)
    },
    flower: flowerReader(context, hub, composed ? docker : null, question.passive),
    finished: async within => ({
      value: await readFinished(
        flowerAccess(context, hub, composed ? docker : null, within),
        async () =>
          await sampleResults(await becauseOfRedis(reach(within)), await celeryOrNull(within), within),
        finished,
        within,
      ),
    }),
    history: historyReader(context, reach, window),
  }
  // Compose first: its processes run while the libraries of the others are loaded.
  const all: Readers = {...(composed ? ofStack : {}), ...ofHub}
  const chosen = Object.entries(all)
    .filter(([id]) => wanted.has(id as SourceId))
    .map(([id, reader]) => [id, kept?.over(id as SourceId, reader as Reader<unknown>, runs) ?? reader])
  return {
    readers: Object.fromEntries(chosen) as Readers,
    reach,
    flower: within => flowerAccess(context, hub, composed ? docker : null, within),
    close: async () => {
      const opened: RedisReach | null = (await reach.asked()?.catch(() => null)) ?? null
      await opened?.close()
    },
  }

  type Within<T> = ((within: AbortSignal) => Promise<T>) & {asked: () => Promise<T> | undefined}

  /** Asked once, under the deadline of the first to ask or Ctrl-C. */
  function onceWithin<T>(ask: (within: AbortSignal) => Promise<T>): Within<T> {
    let within: AbortSignal = signal
    const answer = once(() => ask(within))
    let begun = false
    const asking = (first: AbortSignal) => {
      if (!begun) within = first
      begun = true
      return answer()
    }
    return Object.assign(asking, {asked: () => (begun ? answer() : undefined)})
  }
}

/** For one published address, in seconds. */
const addressSeconds = 1.5

function isKnownDefault(password: string): boolean {
  return knownDefault(password)?.kind === 'known'
}

/** The certificate of the proxy's own authority; `null` where it has none. */
async function authorityOf(engine: Engine, view: DockerView, signal: AbortSignal): Promise<string | null> {
  const proxy = containerOf(view.facts, 'proxy')
  if (proxy === undefined) return null
  const data = view.environment.get(proxy.name)?.XDG_DATA_HOME ?? '/data'
  return await fileIn(engine, proxy.id, `${data}/caddy/pki/authorities/local/root.crt`, signal)
}

/** For a way to Redis, and for one request to Flower: leaves time to say why, also within a short `--timeout`. */
export function reachSeconds(timeoutSeconds: number): number {
  return (sourceSeconds(timeoutSeconds) * 2) / 3
}

/** What the workers were told to consume; `celery` is what they consume when they were not. */
function queuesIn({facts, commands}: DockerView): string[] {
  const workers = facts.containers.filter(({role}) => role === 'worker')
  return [...new Set(['celery', ...workers.flatMap(({name}) => queuesOf(commands.get(name) ?? []))])]
}

/** What is good to know, and no more: `null` when it cannot be had, or not soon enough. */
async function orNull<T>(answer: Promise<T>, seconds?: number): Promise<T | null> {
  const late = new Promise<null>(resolve => {
    if (seconds !== undefined) setTimeout(resolve, seconds * 1000, null).unref()
  })
  return Promise.race([answer.catch(() => null), late])
}

/** A failure of another source, as seen from one that cannot go on without it. */
export async function because<T>(source: SourceId, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof SourceError ? new SourceError(error.code, error.message, source) : error
  }
}

async function stackOf(
  {secrets}: Context,
  hub: Omit<Hub, 'look'>,
  rights: 'ask' | 'passive' | 'act',
  asked: Promise<DockerView>,
  signal: AbortSignal,
): Promise<RedisStack> {
  const view = await because('docker', asked)
  signal.throwIfAborted()
  const [engine, redis] = [await hub.engine(), containerOf(view.facts, 'redis')]
  const worker = containerOf(view.facts, 'worker')
  const own = await ownSecret(redis, `hub-mon_${rights}`, secrets)
  const environmentOf = (container: Container | undefined) =>
    (container === undefined ? undefined : view.environment.get(container.name)) ?? {}
  return {
    container:
      redis === undefined
        ? null
        : {
            name: redis.name,
            running: redis.state === 'running' || redis.state === 'paused',
            port: 6379,
            published: publishedOf(redis, view.facts, 6379),
            addresses: view.facts.engine.local ? redis.addresses : [],
            command: view.commands.get(redis.name) ?? [],
            environment: environmentOf(redis),
            exec: (command, environment, within) =>
              execInContainer(engine, redis.name, command, within, environment),
          },
    ...(own === null ? {} : {own}),
    workerEnvironment: environmentOf(worker),
    neighbours: view.facts.containers.map(({name, service, hostname, addresses, ports}) => ({
      names: [service, name, hostname],
      addresses,
      local: view.facts.engine.local,
      published: view.facts.engine.local
        ? ports.map(({containerPort, hostIp, hostPort}) => ({port: containerPort, host: hostIp, hostPort}))
        : [],
    })),
  }
}

/**
 * What hub-mon signs in with at a container of the stack; `null` where the stack has no secrets for it. Throws a `SourceError`
 * where they cannot be read.
 */
export async function ownSecret(
  container: Container | undefined,
  name: string,
  secrets: Secrets,
): Promise<string | null> {
  const folder = container?.production?.secrets ?? undefined
  if (folder === undefined) return null
  const {readSecret} = await import('../secrets/read-secret.ts')
  const file = path.join(folder, name)
  const read = readSecret(folder, name, secrets).catch((error: NodeJS.ErrnoException) => {
    throw new SourceError('no-auth', `${file} cannot be read (${error.code}): only who made it may use it`)
  })
  const secret = await read
  if (secret === null)
    throw new SourceError(
      'no-auth',
      `there is no ${file}, with which hub-mon signs in: hub-mon secrets check`,
    )
  return secret
}

export function containerOf(facts: DockerFacts, role: Container['role']): Container | undefined {
  return facts.containers.find(container => container.role === role)
}

/** Where a container's port is published, as seen from here; `null` when it is not, or the engine is elsewhere. */
export function publishedOf(
  container: Container,
  facts: DockerFacts,
  port: number,
): {host: string; port: number} | null {
  const published = container.ports.find(({containerPort}) => containerPort === port)
  if (published === undefined || !facts.engine.local) return null
  return {host: published.hostIp, port: published.hostPort}
}

function fixedPorts(
  services: NonNullable<ComposeFacts['config']>['services'],
  own: readonly Container[],
): {hostIp: string; port: number; service: string}[] {
  const running = new Set(own.filter(({state}) => state === 'running').map(({service}) => service))
  return services
    .filter(({name}) => !running.has(name))
    .flatMap(({name, ports}) =>
      ports.flatMap(({hostIp, hostPort}) =>
        hostPort === null ? [] : [{hostIp, port: hostPort, service: name}],
      ),
    )
}
