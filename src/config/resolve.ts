import {readFileSync} from 'node:fs'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import type {Label} from '../metrics/metric.ts'
import type {BoundOverride} from '../snapshot/snapshot.ts'
import {parseDuration} from './duration.ts'
import {configFileOf, readConfigFile} from './file.ts'
import type {FileConfig} from './file-schema.ts'
import {
  type AlertSettings,
  defaultAlerts,
  defaultHistory,
  defaultProduction,
  defaultTimeoutSeconds,
  type HistorySettings,
  type Origin,
  type ProductionSettings,
  type Setting,
  type Settings,
} from './settings.ts'

/** Values of the command line; absent ones were not typed. */
export type FlagValues = {
  file?: string
  projectName?: string
  redisUrl?: string
  flowerUrl?: string
  config?: string
  timeout?: number
}

const byDefault: Origin = {kind: 'default', name: 'default'}

/** Flags, then `HUB_MON_*`, then the configuration file, then defaults. Relative paths start where they were written. */
export async function resolveSettings(
  flags: FlagValues,
  environment: NodeJS.ProcessEnv,
  directory: string,
): Promise<Settings> {
  const configFile = configFileOf(flags.config, environment, directory)
  const config: FileConfig = configFile === null ? {} : await readConfigFile(configFile)
  const inFile: Origin = {kind: 'file', name: configFile ?? ''}

  const pick = (
    flag: string,
    typed: string | undefined,
    written: string | undefined,
  ): Setting<string | null> => {
    const variable = `HUB_MON_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`
    const fromEnvironment = environment[variable] || inFileOf(variable, environment)
    if (typed !== undefined) return {value: typed, origin: {kind: 'flag', name: flag}}
    if (fromEnvironment) return {value: fromEnvironment, origin: {kind: 'environment', name: variable}}
    return written === undefined ? {value: null, origin: byDefault} : {value: written, origin: inFile}
  }
  const ofFile = <T>(written: T | undefined, otherwise: T): Setting<T> =>
    written === undefined ? {value: otherwise, origin: byDefault} : {value: written, origin: inFile}

  const file = pick('--file', flags.file, config.file)
  return {
    file: absolute(file, file.origin.kind === 'file' ? path.dirname(inFile.name) : directory),
    projectName: pick('--project-name', flags.projectName, config.projectName),
    redisUrl: pick('--redis-url', flags.redisUrl, config.redisUrl),
    flowerUrl: pick('--flower-url', flags.flowerUrl, config.flowerUrl),
    flowerAuth: flowerAuth(environment, ofFile<string | null>(config.flowerAuth, null)),
    timeoutSeconds: timeout(flags.timeout, environment, ofFile(config.timeout, defaultTimeoutSeconds)),
    services: ofFile(config.services, {}),
    expected: ofFile(config.expected, {}),
    history: ofFile(historyIn(config), defaultHistory),
    alerts: ofFile(alertsIn(config), defaultAlerts),
    production: production(
      environment,
      directory,
      ofFile(await productionIn(config, path.dirname(inFile.name)), defaultProduction),
    ),
    bounds: ofFile(config.metrics === undefined ? undefined : boundOverrides(config.metrics), []),
    environment: composeVariables(ofFile(config.stack, {}), environment, directory),
    ambientRedisUrl: ambient(environment, 'CELERY_BROKER_URL', 'REDIS_URL'),
    ambientFlowerUrl: ambient(environment, 'FLOWER_URL'),
  }
}

function historyIn({history}: FileConfig): HistorySettings | undefined {
  if (history === undefined) return undefined
  const {store, name, mostMegabytes, window, buckets} = history
  return {
    store: store ?? null,
    name: name ?? null,
    mostBytes: mostMegabytes === undefined ? defaultHistory.mostBytes : mostMegabytes * 1024 * 1024,
    windowSeconds: window ?? defaultHistory.windowSeconds,
    buckets: buckets?.map(({every, keep}) => ({seconds: every, keepSeconds: keep})) ?? defaultHistory.buckets,
  }
}

function alertsIn({alerts}: FileConfig): AlertSettings | undefined {
  if (alerts === undefined) return undefined
  const {every = defaultAlerts.everySeconds, notify = []} = alerts
  const told = notify.flatMap(entry => Object.entries(entry).map(([kind, address]) => ({kind, address})))
  return {everySeconds: every, notify: told}
}

async function productionIn(
  {production}: FileConfig,
  directory: string,
): Promise<ProductionSettings | undefined> {
  if (production === undefined) return undefined
  const {secrets} = production
  const {wishesOf} = await import('./production/schema.ts')
  return {
    secrets: secrets === undefined ? null : path.resolve(directory, secrets),
    wishes: wishesOf(production, directory).wishes,
  }
}

/** The folder of secrets is named to Compose by the same variable. */
function production(
  environment: NodeJS.ProcessEnv,
  directory: string,
  written: Setting<ProductionSettings>,
): Setting<ProductionSettings> {
  const named = environment.HUB_SECRETS_DIR
  if (!named) return written
  return {
    value: {...written.value, secrets: path.resolve(directory, named)},
    origin: {kind: 'environment', name: 'HUB_SECRETS_DIR'},
  }
}

/** `HUB_MON_REDIS_URL_FILE` and the like: the first line of a file, for what must not stand in a variable. */
function inFileOf(variable: string, environment: NodeJS.ProcessEnv): string | undefined {
  const file = environment[`${variable}_FILE`]
  if (!file) return undefined
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new HubError(
      'configuration',
      'secret-unreadable',
      `${variable}_FILE cannot be read: ${(error as Error).message}`,
      {suggestions: [`ls -l ${file}`, `unset ${variable}_FILE`]},
    )
  }
}

function absolute(setting: Setting<string | null>, directory: string): Setting<string | null> {
  return setting.value === null ? setting : {...setting, value: path.resolve(directory, setting.value)}
}

/** Never a flag: a command line is seen by everybody on the machine. */
function flowerAuth(environment: NodeJS.ProcessEnv, written: Setting<string | null>): Setting<string | null> {
  for (const name of ['HUB_MON_FLOWER_AUTH', 'FLOWER_BASIC_AUTH']) {
    const value = environment[name] || inFileOf(name, environment)
    // Flower takes several pairs, any of which opens it.
    if (value) return {value: value.split(',')[0] ?? value, origin: {kind: 'environment', name}}
  }
  return written
}

function timeout(
  typed: number | undefined,
  environment: NodeJS.ProcessEnv,
  otherwise: Setting<number>,
): Setting<number> {
  if (typed !== undefined) return {value: typed, origin: {kind: 'flag', name: '--timeout'}}
  const text = environment.HUB_MON_TIMEOUT
  if (!text) return otherwise
  const seconds = parseDuration(text)
  if (seconds === null || seconds < 0.1)
    throw new HubError('configuration', 'bad-duration', `HUB_MON_TIMEOUT is no duration: ${text}`, {
      suggestions: ['HUB_MON_TIMEOUT=4s'],
    })
  return {value: seconds, origin: {kind: 'environment', name: 'HUB_MON_TIMEOUT'}}
}

/** Variables of the bundled compose file that name a file or folder. */
const pathVariables = ['HUB_APP_DIR', 'HUB_BUILD_DIR', 'HUB_ENV_FILE']

/** Compose takes a relative path from beside its own file; people mean the place where they wrote it. */
function composeVariables(
  written: Setting<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
  directory: string,
): Setting<Record<string, string>> {
  const value: Record<string, string> = {}
  for (const name of new Set([...Object.keys(written.value), ...pathVariables])) {
    // What is exported wins over the file, as with HUB_MON_*.
    const [said, from] = environment[name]
      ? [environment[name], directory]
      : [written.value[name], path.dirname(written.origin.name)]
    if (said !== undefined) value[name] = pathVariables.includes(name) ? path.resolve(from, said) : said
  }
  return {...written, value}
}

function ambient(environment: NodeJS.ProcessEnv, ...names: string[]): Setting<string | null> {
  const name = names.find(candidate => environment[candidate])
  if (name === undefined) return {value: null, origin: byDefault}
  return {value: environment[name] ?? null, origin: {kind: 'environment', name}}
}

type WrittenBounds = Omit<NonNullable<NonNullable<FileConfig['metrics']>[string]>, 'only'>

function boundOverrides(written: NonNullable<FileConfig['metrics']>): BoundOverride[] {
  return Object.entries(written).flatMap(([metric, value]) => {
    if (value === undefined) return []
    const {only = [], ...all} = value
    const some = only.map(({queue, task, node, container, ...bounds}): BoundOverride => {
      const labels: Partial<Record<Label, string | undefined>> = {queue, task, node, container}
      const given = Object.entries(labels).filter(([, label]) => label !== undefined)
      return {metric, labels: Object.fromEntries(given) as Record<string, string>, ...terms(bounds)}
    })
    return Object.keys(all).length > 0 ? [{metric, ...terms(all)}, ...some] : some
  })
}

function terms({
  for: forSeconds,
  window,
  ...bounds
}: WrittenBounds): Omit<BoundOverride, 'metric' | 'labels'> {
  return {
    ...bounds,
    ...(forSeconds === undefined ? {} : {forSeconds}),
    ...(window === undefined ? {} : {windowSeconds: window}),
  }
}
