import {isFile} from '../../config/file.ts'
import type {ProductionWishes} from '../../config/production/production.ts'
import type {Settings} from '../../config/settings.ts'
import {HubError} from '../../errors/hub-error.ts'
import type {Target} from '../../snapshot/snapshot.ts'
import type {FoundProject} from '../docker/projects.ts'
import {findComposeFile} from './compose-file.ts'
import {type InProduction, inProduction} from './in-production.ts'
import {projectNameOf} from './project-name.ts'

/** What is looked at, and the addresses that go with it. The addresses may hold secrets; the target does not. */
export type Located = {
  target: Target
  redisUrl: string | null
  flowerUrl: string | null
  /** How the target is in production; `null` when it is not. */
  production: InProduction | null
}

export type Surroundings = {
  directory: string
  environment: NodeJS.ProcessEnv
  /** The compose file that hub-mon brings. */
  bundledFile: string
  /** Compose projects on the engine that look like a hub; empty when there is no engine. */
  projects: () => Promise<FoundProject[]>
  /** An acting command takes no address from variables that merely happen to be set. */
  acting: boolean
  /** Of a command line that wants production, or wants to leave it; `null` for one that takes it as it is. */
  production: ProductionWishes | 'leave' | null
}

/**
 * Finds what to look at: what was said (flags, variables, configuration), else a compose file here or above, else the
 * one running project that looks like a hub, else the addresses in the environment, else the bundled stack.
 */
export async function locate(settings: Settings, around: Surroundings): Promise<Located> {
  const {target: found, ...addresses} = await find(settings, around)
  const {target, production} = await inProduction(found, settings, around)
  const {redisUrl, ambientRedisUrl} = settings
  const {origin} = redisUrl.value === null ? ambientRedisUrl : redisUrl
  const redisFrom = addresses.redisUrl === null ? {} : {redisFrom: origin.name}
  return {target: {...target, ...redisFrom}, ...addresses, production}
}

async function find(settings: Settings, around: Surroundings): Promise<Omit<Located, 'production'>> {
  const said = {redisUrl: settings.redisUrl.value, flowerUrl: settings.flowerUrl.value}
  if (settings.file.value !== null)
    return {target: await ofFile(settings.file.value, settings, around), ...said}
  if (settings.projectName.value !== null)
    return {target: await ofProject(settings.projectName.value, settings, around), ...said}

  const found = await findComposeFile(around.directory)
  if (found !== null && (said.redisUrl === null || (await isRunning(found, around))))
    return {target: await composeTarget(found, 'compose-file', settings, around), ...said}
  if (said.redisUrl !== null)
    return {target: urlsTarget(howOf(settings.redisUrl.origin.kind), settings), ...said}

  const running = (await around.projects()).filter(project => project.running)
  const [only] = running
  if (running.length > 1) throw severalProjects(running)
  if (only !== undefined) return {target: ofRunning(only, settings), ...said}

  if (!around.acting && settings.ambientRedisUrl.value !== null)
    return {
      target: urlsTarget('environment', settings),
      redisUrl: settings.ambientRedisUrl.value,
      flowerUrl: said.flowerUrl ?? settings.ambientFlowerUrl.value,
    }
  return {target: await composeTarget(around.bundledFile, 'bundled', settings, around), ...said}
}

async function ofFile(file: string, settings: Settings, around: Surroundings): Promise<Target> {
  if (!isFile(file))
    throw new HubError('usage', 'no-such-file', `there is no compose file ${file}`, {
      detail: `it was named by ${settings.file.origin.name}`,
      docs: 'docs/targets.md',
    })
  return composeTarget(file, howOf(settings.file.origin.kind), settings, around)
}

/** A project by name: with the file here that has this name, else with the one that it runs from, else with any that is here. */
async function ofProject(name: string, settings: Settings, around: Surroundings): Promise<Target> {
  const how = howOf(settings.projectName.origin.kind)
  const found = await findComposeFile(around.directory)
  if (found !== null && (await projectNameOf(found, around.environment)) === name)
    return composeTarget(found, how, settings, around)
  const running = (await around.projects()).find(project => project.name === name)
  if (running !== undefined) return {...ofRunning(running, settings), how}
  return found === null
    ? composeTarget(around.bundledFile, 'bundled', settings, around)
    : composeTarget(found, how, settings, around)
}

async function composeTarget(
  file: string,
  how: Target['how'],
  settings: Settings,
  around: Surroundings,
): Promise<Target> {
  return {
    kind: 'compose',
    how,
    project: settings.projectName.value ?? (await projectNameOf(file, around.environment)),
    composeFile: file,
    startedFromOther: null,
    flags: flagsFor(settings),
  }
}

function ofRunning(project: FoundProject, settings: Settings): Target {
  return {
    kind: 'compose',
    how: 'running-project',
    project: project.name,
    composeFile: project.configFiles?.split(',')[0] ?? null,
    startedFromOther: null,
    flags: flagsFor(settings),
  }
}

function urlsTarget(how: Target['how'], settings: Settings): Target {
  return {
    kind: 'urls',
    how,
    project: null,
    composeFile: null,
    startedFromOther: null,
    flags: flagsFor(settings),
  }
}

async function isRunning(file: string, around: Surroundings): Promise<boolean> {
  const name = await projectNameOf(file, around.environment)
  return (await around.projects()).some(project => project.name === name && project.running)
}

/** Only what was typed: variables and files still stand when the next command is typed. A password is not repeated. */
function flagsFor(settings: Settings): string[] {
  const typed = [
    ['--file', settings.file],
    ['--project-name', settings.projectName],
    ['--redis-url', settings.redisUrl],
    ['--flower-url', settings.flowerUrl],
  ] as const
  return typed.flatMap(([flag, {value, origin}]) =>
    value !== null && origin.kind === 'flag' ? [flag, withoutPassword(value)] : [],
  )
}

function withoutPassword(value: string): string {
  // Of `sentinel://…;sentinel://…` each has its own.
  return value
    .split(/;(?=[a-z][a-z0-9+.-]*:\/\/)/i)
    .map(url => url.replace(/(:\/\/[^\s/@:]*):(?!\d{1,5}[/?#])\S*@/, '$1:$REDIS_PASSWORD@'))
    .join(';')
    .replace(/([?&]password=)[^&;]+/g, '$1$REDIS_PASSWORD')
    .replace(/([?&]sentinel_password=)[^&;]+/g, '$1$SENTINEL_PASSWORD')
}

function howOf(kind: Settings['file']['origin']['kind']): Target['how'] {
  return kind === 'flag' ? 'flags' : kind === 'environment' ? 'environment' : 'configuration'
}

function severalProjects(running: readonly FoundProject[]): HubError {
  return new HubError(
    'usage',
    'several-hubs',
    `${running.length} hubs are running here; say which one is meant`,
    {
      suggestions: running.map(({name}) => `--project-name ${name}`),
      docs: 'docs/targets.md',
    },
  )
}
