import path from 'node:path'
import {expectedOf} from '../config/expected.ts'
import type {ProductionWishes} from '../config/production/production.ts'
import {productionVariables} from '../config/production/variables.ts'
import {secretsFolder} from '../secrets/folder.ts'
import type {CeleryQuestion} from '../snapshot/celery.ts'
import {collect} from '../snapshot/collect.ts'
import type {Kept} from '../snapshot/kept.ts'
import {factsFrom, type SourceId} from '../snapshot/reading.ts'
import {type Snapshot, snapshotSchema, type Target} from '../snapshot/snapshot.ts'
import {type Engine, openDocker} from '../sources/docker/engine.ts'
import {findProjects} from '../sources/docker/read-docker.ts'
import {type Located, locate} from '../sources/target/locate.ts'
import {startedFromOther} from '../sources/target/started-from.ts'
import {timeLimit} from '../sources/time-limit.ts'
import type {Context} from './context.ts'
import type {Window} from './history-reader.ts'
import {openReaders} from './readers.ts'

/** Finding the target, in seconds, however short `--timeout` is: another hub than the one that is meant is no answer. */
const targetSeconds = 1

/** What one source gets of the time for all, in seconds: 3 of the usual 4.5, and more where `--timeout` gives more. */
export function sourceSeconds(timeoutSeconds: number): number {
  return (timeoutSeconds * 2) / 3
}

export type LookOptions = {
  /** Leave out the remote-control probe, the one thing that writes. */
  passive?: boolean
  /** How closely Celery is looked at. */
  celery?: Omit<CeleryQuestion, 'passive'>
  /** Which finished tasks are read, by Celery's words; all of them when absent. */
  finished?: readonly string[]
  /** Of which history is read, in epoch seconds; the last 15 minutes when absent. */
  window?: Window
  /** The stack is not expected to run. */
  beforeStart?: boolean
  /** Answers of the looks before that stand for this one; every source is asked when absent. */
  kept?: Kept
}

/** The hub that this command line is about. */
export type Hub = {
  target: Target
  located: Located
  /** Variables for Compose: the project's name and what the configuration sets. */
  environment: Record<string, string>
  engine: () => Promise<Engine>
  /** Reads these sources, all at once, and gives what was seen. */
  look: (sources: ReadonlySet<SourceId>, options?: LookOptions) => Promise<Snapshot>
}

/**
 * Finds the hub. `acting` for commands that change something: they take no address from the surroundings. `production` for
 * those that bring it into production, with what the command line says of that.
 */
export async function findHub(
  context: Context,
  acting = false,
  production: ProductionWishes | 'leave' | null = null,
): Promise<Hub> {
  const engine = once(() => openDocker())
  const located = await locate(context.settings, {
    directory: process.cwd(),
    environment: process.env,
    bundledFile: path.join(context.root, 'docker-compose.monitoring.yml'),
    acting,
    production,
    projects: once(async () => {
      const signal = AbortSignal.any([context.signal, timeLimit(targetSeconds)])
      try {
        return await findProjects(await engine(), context.settings.services.value, signal)
      } catch {
        // The engine's own check, or the step that needs it, says why.
        return []
      }
    }),
  })
  context.secrets.addUrl(located.redisUrl)
  const environment = {
    ...context.settings.environment.value,
    ...(located.production === null
      ? {}
      : productionVariables(located.production.how, folderOfSecrets(located))),
    ...(located.target.project === null ? {} : {COMPOSE_PROJECT_NAME: located.target.project}),
  }
  const hub = {target: located.target, located, environment, engine}
  return {...hub, look: (sources, options) => look(context, hub, sources, options)}
}

async function look(
  context: Context,
  hub: Omit<Hub, 'look'>,
  wanted: ReadonlySet<SourceId>,
  {passive = false, beforeStart = false, celery = {}, finished, window, kept}: LookOptions = {},
): Promise<Snapshot> {
  const {readers, close} = openReaders(context, hub, {
    wanted,
    beforeStart,
    window,
    kept,
    ...(finished === undefined ? {} : {finished}),
    question: {...celery, passive},
  })
  try {
    const total = context.settings.timeoutSeconds.value
    const takenAt = new Date().toISOString()
    const sources = await collect(readers, {source: sourceSeconds(total), total}, context.signal)
    const containers = factsFrom(sources.docker)?.containers ?? []
    return context.secrets.maskDeep({
      schema: snapshotSchema,
      tool: context.tool,
      takenAt,
      passive,
      beforeStart,
      target: {...hub.target, startedFromOther: await startedFromOther(hub.target, containers)},
      ...(window === undefined ? {} : {window: {from: iso(window.from), to: iso(window.to)}}),
      expected: expectedOf(context.settings, containers, factsFrom(sources.compose)),
      sources,
    })
  } finally {
    await close()
  }
}

function iso(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString()
}

/** Of a project in production: the folder that was named, else the project's own. */
export function folderOfSecrets({target, production}: Located): string {
  const which = {named: production?.secrets ?? null, labelled: null, project: target.project ?? ''}
  return secretsFolder(which, process.env)
}

/** The same answer, or the same failure, however often it is asked for. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= ask()
    return answer
  }
}
