import type Docker from 'dockerode'
import type {Container, ContainerRights, DockerFacts} from '../../snapshot/docker.ts'
import type {RoleNames} from '../../snapshot/role.ts'
import type {Secrets} from '../../snapshot/secrets.ts'
import {notDocker} from './answers.ts'
import {readContainer, readEnvironment} from './container.ts'
import {asked, type Engine, isMissing, toSourceError} from './engine.ts'
import {type FoundProject, listProjects, projectLabel} from './projects.ts'
import {readRights} from './rights.ts'
import {readSwallowsStop} from './swallows-stop.ts'

export type DockerQuery = {
  /** Compose project; `null` reads the engine alone. */
  project: string | null
  services: RoleNames
  /** Filled with the secrets that the containers' environments and commands hold. */
  secrets: Secrets
  /** Tells a password that everybody knows. Without it, what containers may do and show is not read. */
  isKnownDefault?: (password: string) => boolean
}

export type DockerView = {
  facts: DockerFacts
  /** Variables of each container by its name. Holds secrets: for addresses and credentials, never for facts. */
  environment: Map<string, Record<string, string>>
  /** Command of each container as it stands, unmasked: `--requirepass` is only there. */
  commands: Map<string, string[]>
}

/**
 * The engine and the containers of one project, stopped ones too.
 * Throws a `SourceError`: `not-running`, `permission`, `timeout`, `wrong-host`, `not-docker`, `broken-off` or `api`.
 */
export async function readDocker(
  engine: Engine,
  query: DockerQuery,
  signal: AbortSignal,
): Promise<DockerView> {
  try {
    return await viewOf(engine, query, signal)
  } catch (error) {
    // JSON of another shape than an engine's.
    throw error instanceof TypeError ? notDocker(engine.address, 'it answers something else') : error
  }
}

async function viewOf(engine: Engine, query: DockerQuery, signal: AbortSignal): Promise<DockerView> {
  const [facts, listed] = await Promise.all([readEngine(engine, signal), listComposed(engine, signal)])
  const own = listed.filter(
    container => query.project !== null && container.Labels[projectLabel] === query.project,
  )
  const inspected = (await Promise.all(own.map(({Id}) => inspect(engine, Id, signal)))).filter(
    found => found !== null,
  )
  const environment = new Map<string, Record<string, string>>()
  const commands = new Map<string, string[]>()
  for (const found of inspected) {
    const variables = readEnvironment(found)
    // Before anything is masked: a command may repeat what only the environment names as a secret.
    query.secrets.addEnvironment(variables)
    const name = found.Name.replace(/^\//, '')
    environment.set(name, variables)
    commands.set(name, [found.Path, ...found.Args])
  }
  const containers = await Promise.all(
    inspected.map(async found => {
      const container = readContainer(found, query, engine.local)
      const [told, rights] = await Promise.all([
        withSwallowsStop(engine, container, signal),
        rightsOf(found, query, engine.local),
      ])
      return rights === undefined ? told : {...told, rights}
    }),
  )
  containers.sort((a, b) => a.name.localeCompare(b.name))
  const otherProjects = listProjects(listed, query.services)
    .filter(project => project.running && project.name !== query.project)
    .map(project => project.name)
  return {facts: {engine: facts, containers, otherProjects}, environment, commands}
}

async function rightsOf(
  found: Docker.ContainerInspectInfo,
  {isKnownDefault}: DockerQuery,
  local: boolean,
): Promise<ContainerRights | undefined> {
  if (isKnownDefault === undefined) return undefined
  return await readRights(found, readEnvironment(found), {local, isKnownDefault})
}

async function withSwallowsStop(
  engine: Engine,
  container: Container,
  signal: AbortSignal,
): Promise<Container> {
  if (container.role !== 'worker' || container.state !== 'running') return container
  const swallowsStop = await readSwallowsStop(engine, container, signal)
  return swallowsStop === undefined ? container : {...container, swallowsStop}
}

/** Compose projects that look like a hub, running or stopped. */
export async function findProjects(
  engine: Engine,
  services: RoleNames,
  signal: AbortSignal,
): Promise<FoundProject[]> {
  return listProjects(await listComposed(engine, signal), services)
}

/** Containers that Compose made, of all projects. */
async function listComposed(engine: Engine, signal: AbortSignal): Promise<Docker.ContainerInfo[]> {
  const answer = engine.client.listContainers({
    all: true,
    filters: {label: [projectLabel]},
    abortSignal: signal,
  })
  return asked(engine, answer, signal)
}

/** `null` when the container has gone since it was listed. */
async function inspect(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<Docker.ContainerInspectInfo | null> {
  try {
    return await engine.client.getContainer(id).inspect({abortSignal: signal})
  } catch (error) {
    if (isMissing(error)) return null
    throw toSourceError(engine, error, signal)
  }
}

/** What dockerode takes and its types leave out. */
type Abortable = {
  info(options: {abortSignal: AbortSignal}): Promise<EngineInfo>
  version(options: {abortSignal: AbortSignal}): Promise<Docker.DockerVersion>
}

type EngineInfo = {
  ServerVersion?: string
  OperatingSystem?: string
  NCPU?: number
  MemTotal?: number
  DockerRootDir?: string
  SystemTime?: string
}

async function readEngine(engine: Engine, signal: AbortSignal): Promise<DockerFacts['engine']> {
  const before = Date.now()
  const client = engine.client as Docker & Abortable
  const [info, version] = await Promise.all([
    asked(engine, client.info({abortSignal: signal}), signal),
    asked(engine, client.version({abortSignal: signal}), signal),
  ])
  if (typeof version?.ApiVersion !== 'string') throw notDocker(engine.address, 'it tells no version')
  const between = (before + Date.now()) / 2
  const clock = Date.parse(info.SystemTime ?? '')
  return {
    version: info.ServerVersion ?? version.Version,
    apiVersion: version.ApiVersion,
    operatingSystem: info.OperatingSystem ?? 'unknown',
    cpus: info.NCPU ?? 0,
    memoryBytes: info.MemTotal ?? 0,
    rootDir: info.DockerRootDir ?? null,
    local: engine.local,
    clockOffsetSeconds: Number.isNaN(clock) ? null : (clock - between) / 1000,
  }
}
