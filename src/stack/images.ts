import {access, readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {commandLine} from '../render/text/shell.ts'
import type {ComposeBinary, ComposeConfig, ComposeService} from '../snapshot/compose.ts'
import type {Role} from '../snapshot/docker.ts'
import {cleanLine, streamProcess} from '../sources/compose/process.ts'
import {readImage} from '../sources/docker/images.ts'
import {tryTo} from './failure.ts'
import {composeStep, type Stack} from './stack.ts'
import type {StepReport} from './step.ts'

/** A service that is not started, and why. */
export type LeftOut = {service: string; why: string}

export type ImagePlan = {
  service: ComposeService
  reference: string
  /** Whether the engine has it. */
  present: boolean
  /** False when the image says itself that it cannot run this service. */
  runs: boolean
}

export type ImageWishes = {
  /** Get what is here already, too; what is built, is built on the newest base. */
  pull: boolean
  /** Build what is here already, too. */
  build: boolean
}

/** What to do about an image; `null` is nothing. */
export function toGet({service, present}: ImagePlan, {pull, build}: ImageWishes): 'pull' | 'build' | null {
  if (service.builds) return !present || build || pull ? 'build' : null
  return !present || pull ? 'pull' : null
}

/** What images the services need, and which of them the engine has. */
export async function lookAtImages(
  stack: Stack,
  binary: ComposeBinary,
  services: readonly ComposeService[],
): Promise<ImagePlan[]> {
  return Promise.all(
    services.map(async (service): Promise<ImagePlan> => {
      // Compose names what it builds itself after project and service; v1 and v2 join them differently.
      const reference = service.image ?? `${stack.project}${binary.major === 1 ? '_' : '-'}${service.name}`
      const image = await tryTo(stack.signal, () => readImage(stack.engine, reference, stack.signal))
      if (image === null) return {service, reference, present: false, runs: true}
      const words = [service.name, ...(service.role === null ? [] : [service.role])]
      return {
        service,
        reference,
        present: true,
        runs: !image.without.some(word => words.includes(word)),
      }
    }),
  )
}

export function leftOutByImage(images: readonly ImagePlan[]): LeftOut[] {
  return images
    .filter(({runs}) => !runs)
    .map(({service, reference}) => ({
      service: service.name,
      why: `the image ${reference} was built without it, because no registry could be reached`,
    }))
}

/** What only watches: the hub works without it. */
const watchers: readonly (Role | null)[] = ['flower', 'recorder']

/**
 * Gets the images that are missing, or all of them when asked: builds what the file says how to build, pulls the
 * rest. Where no registry can be reached and the stack brings a script for that, they are built from the
 * distribution's packages and the running Node. Throws a `HubError` (69) when a service that the hub needs has none in the end.
 */
export async function getImages(
  stack: Stack,
  binary: ComposeBinary,
  config: ComposeConfig,
  images: readonly ImagePlan[],
  wishes: ImageWishes,
  report: StepReport,
): Promise<LeftOut[]> {
  const failures = new Map<string, string[]>()
  const done = new Set<string>()
  for (const image of images) {
    const {service, reference} = image
    const means = toGet(image, wishes)
    if (means === null || done.has(reference)) continue
    done.add(reference)
    const fresh = means === 'build' && wishes.pull ? ['--pull'] : []
    const args = [means, ...fresh, service.name]
    report.at(`${means === 'build' ? 'building' : 'pulling'} ${reference}`)
    const {exitCode, lines} = await composeStep(stack, binary, args, report)
    if (exitCode !== 0) failures.set(reference, lines)
  }
  let after = await lookAtImages(stack, binary, config.services)
  const isMissing = ({present}: ImagePlan) => !present
  if (failures.size > 0 && after.some(isMissing)) {
    const toBuild = after.filter(isMissing)
    if (toBuild.some(({service}) => service.role !== 'recorder' && service.role !== 'proxy'))
      await buildFromPackages(stack, config, report)
    const proxy = toBuild.find(({service}) => service.role === 'proxy')
    if (proxy !== undefined) await buildProxy(stack, config, proxy.reference, report)
    const recorder = toBuild.find(({service}) => service.role === 'recorder')
    if (recorder !== undefined) await buildFromNode(stack, config, recorder.reference, report)
    after = await lookAtImages(stack, binary, config.services)
  } else if (failures.size > 0) {
    report.warn(`could not get ${[...failures.keys()].join(', ')}: what is here already is used`)
  }
  const missing = after.filter(isMissing)
  const needed = missing.find(({service}) => !watchers.includes(service.role))
  if (needed !== undefined) throw noImage(stack, needed, failures.get(needed.reference) ?? [])
  return [
    ...leftOutByImage(after),
    ...missing.map(({service, reference}) => ({
      service: service.name,
      why: `its image ${reference} could not be had`,
    })),
  ]
}

/** Runs the script that the bundled stack brings for machines that reach no registry. Does nothing elsewhere. */
async function buildFromPackages(stack: Stack, config: ComposeConfig, report: StepReport): Promise<void> {
  const script = join(dirname(config.file), 'hub', 'debian-image.sh')
  const redis = config.services.find(({role}) => role === 'redis')?.image
  const app = config.services.find(({role}) => role === 'worker')?.image
  if (redis == null || app == null || !(await exists(script)) || !(await isDebian())) return
  report.at('no registry: building the images from Debian packages')
  const build = ['bash', script, '--redis-image', redis, '--app-image', app] as const
  const {exitCode, lines} = await runScript(stack, build, report)
  if (exitCode === 0) return
  throw new HubError(
    'unavailable',
    'images-not-built',
    'the images could not be built from Debian packages',
    {
      detail: stack.secrets.mask(lines.slice(-10).join('\n')),
      suggestions: [`see what it says: ${commandLine(build)}`],
    },
  )
}

/** Likewise for the recorder, out of the Node that this runs on. The hub works without it: where it fails, it is left out. */
async function buildFromNode(
  stack: Stack,
  config: ComposeConfig,
  image: string,
  report: StepReport,
): Promise<void> {
  const script = join(dirname(config.file), 'hub', 'recorder-image.sh')
  if (!(await exists(script))) return
  report.at("no registry: building the recorder's image from the Node that is here")
  const build = ['bash', script, '--image', image, '--node', process.execPath] as const
  const {exitCode, lines} = await runScript(stack, build, report)
  if (exitCode !== 0) report.warn(stack.secrets.mask(lines.at(-1) ?? `${script} ended with ${exitCode}`))
}

/** Likewise for the proxy, from Debian's packages. */
async function buildProxy(
  stack: Stack,
  config: ComposeConfig,
  image: string,
  report: StepReport,
): Promise<void> {
  const script = join(dirname(config.file), 'hub', 'proxy-image.sh')
  if (!(await exists(script)) || !(await isDebian())) return
  report.at("no registry: building the proxy's image from Debian packages")
  const {exitCode, lines} = await runScript(stack, ['bash', script, '--image', image], report)
  if (exitCode !== 0) report.warn(stack.secrets.mask(lines.at(-1) ?? `${script} ended with ${exitCode}`))
}

function runScript(stack: Stack, command: readonly [string, ...string[]], report: StepReport) {
  const directory = dirname(command[1] ?? '')
  return streamProcess(command, {directory, signal: stack.signal}, line =>
    report.at(stack.secrets.mask(line)),
  )
}

function noImage(stack: Stack, {service, reference}: ImagePlan, lines: readonly string[]): HubError {
  const detail = stack.secrets.mask(lines.slice(-10).map(cleanLine).join('\n'))
  return new HubError(
    'unavailable',
    'no-image',
    `${service.name} has no image: ${reference} could not be had`,
    {
      detail: detail === '' ? null : detail,
      suggestions: [
        `try it by hand: ${commandLine(['docker', 'pull', reference])}`,
        'where no registry can be reached, bring the images along: docker save, docker load',
      ],
    },
  )
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function isDebian(): Promise<boolean> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(text)
}
