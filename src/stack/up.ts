import {HubError} from '../errors/hub-error.ts'
import type {ComposeBinary, ComposeConfig, ComposeService} from '../snapshot/compose.ts'
import type {Container} from '../snapshot/docker.ts'
import {readCompose} from '../sources/compose/read-compose.ts'
import {hasEarlierImage} from '../sources/docker/images.ts'
import {lastWords, tryTo} from './failure.ts'
import {
  getImages,
  type ImagePlan,
  type ImageWishes,
  type LeftOut,
  leftOutByImage,
  lookAtImages,
  toGet,
} from './images.ts'
import {refusePortsInUse} from './ports.ts'
import {
  lookAtProduction,
  lookAtProxyImage,
  type ProductionSteps,
  proveClosed,
  refuseKnownDefaults,
} from './production.ts'
import {quieting} from './quieting.ts'
import {composeStep, hubMon, readStack, refuseForeign, requireCompose, type Stack} from './stack.ts'
import type {Step, StepReport} from './step.ts'
import {stopTimeout} from './stop-timeout.ts'
import {checksFor, waitForServices} from './wait-for-services.ts'

export type UpOptions = {
  pull: boolean
  build: boolean
  /** Seconds to wait until healthy; `null` does not wait. */
  waitSeconds: number | null
  /** Absent where it is not brought up for production. */
  production?: ProductionSteps
  /** Leaves containers as they are whose part of the file has changed since; else they are made anew. */
  keep?: boolean
}

export type UpResult = {
  project: string
  file: string
  engine: string
  /** False when everything ran already. */
  changed: boolean
  services: {name: string; container: string; changed: boolean}[]
  leftOut: LeftOut[]
  urls: {service: string; url: string}[]
}

/** What was found out on the way; filled by the steps in their order. */
export type UpState = {
  binary: ComposeBinary | null
  config: ComposeConfig | null
  before: readonly Container[]
  images: ImagePlan[]
  leftOut: LeftOut[]
  /** Services with a container of an earlier image than its name means by now. */
  imageMovedOn: readonly string[]
  after: readonly Container[]
}

export type UpPlan = {
  state: UpState
  /** Change nothing. */
  look: Step[]
  act: Step[]
  /** After `look`: what `act` would do, a line each; stable text. */
  describe: () => string[]
  /** After `act`. */
  result: () => UpResult
}

export function planUp(stack: Stack, options: UpOptions): UpPlan {
  const state: UpState = {
    binary: null,
    config: null,
    before: [],
    images: [],
    leftOut: [],
    imageMovedOn: [],
    after: [],
  }
  const look: Step[] = [
    {title: 'Docker engine', run: report => lookAtEngine(stack, state, report)},
    {title: 'Compose', run: report => lookForCompose(stack, state, report)},
    {title: 'Compose file', run: report => lookAtFile(stack, state, options, report)},
    {title: 'Images', run: report => lookForImages(stack, state, report)},
    {title: 'Ports', run: report => refusePortsInUse(stack, toStart(state), report)},
  ]
  const act: Step[] = [{title: 'Get images', run: report => fetchImages(stack, state, options, report)}]
  const {waitSeconds, production} = options
  if (production !== undefined) {
    look.push({title: 'Production', run: report => lookAtProduction(stack, production, report)})
    act.push(production.secrets)
  }
  act.push({title: 'Containers', run: report => startContainers(stack, state, options, report)})
  if (waitSeconds !== null) {
    act.push({title: 'Wait until healthy', run: report => wait(stack, state, waitSeconds, report)})
    if (production !== undefined) act.push({title: 'From outside', run: report => proveClosed(stack, report)})
  }
  return {
    state,
    look,
    act,
    describe: () => describeUp(stack, state, options),
    result: () => resultOf(stack, state),
  }
}

async function lookAtEngine(stack: Stack, state: UpState, report: StepReport): Promise<void> {
  const {facts} = await readStack(stack)
  state.before = facts.containers
  await refuseForeign(stack, facts.containers)
  report.done(`${facts.engine.version} at ${stack.engine.address}`)
}

async function lookForCompose(stack: Stack, state: UpState, report: StepReport): Promise<void> {
  const binary = await requireCompose(stack)
  state.binary = binary
  report.done(`${binary.version} (${binary.command.join(' ')})`)
}

async function lookAtFile(
  stack: Stack,
  state: UpState,
  {production}: UpOptions,
  report: StepReport,
): Promise<void> {
  const {file, project, environment, services, secrets, signal} = stack
  if (file === null) throw noFile(project)
  const tells = production === undefined ? {} : {isKnownDefault: production.isKnownDefault}
  const query = {file, project, environment, services, secrets, ...tells}
  const answer = await tryTo(signal, () => readCompose(known(state.binary), query, signal))
  if (answer.value.config === null) {
    throw new HubError('unavailable', 'file-invalid', `Compose refuses ${file}`, {
      detail: answer.error?.message ?? null,
      suggestions: [hubMon(stack, 'doctor', '--pre')],
    })
  }
  state.config = answer.value.config
  refuseKnownDefaults(stack, answer.value.config.services)
  report.done(`${file}: ${answer.value.config.services.map(({name}) => name).join(', ')}`)
}

async function lookForImages(stack: Stack, state: UpState, report: StepReport): Promise<void> {
  state.images = await lookAtImages(stack, known(state.binary), known(state.config).services)
  state.leftOut = leftOutByImage(state.images)
  state.imageMovedOn = await withEarlierImages(stack, state.before)
  const missing = state.images.filter(({present}) => !present)
  report.done(missing.length === 0 ? 'all here' : `to get: ${references(missing)}`)
  warnLeftOut(state.leftOut, report)
}

async function fetchImages(
  stack: Stack,
  state: UpState,
  wishes: ImageWishes & Pick<UpOptions, 'production'>,
  report: StepReport,
): Promise<void> {
  const proxy = state.images.find(({service}) => service.role === 'proxy')?.reference
  const wanted = state.images.filter(image => toGet(image, wishes) !== null)
  if (wanted.length === 0) {
    if (wishes.production !== undefined) await lookAtProxyImage(stack, wishes.production, proxy)
    return report.skipped('all here')
  }
  const before = new Set(state.leftOut.map(({service}) => service))
  state.leftOut = await getImages(
    stack,
    known(state.binary),
    known(state.config),
    state.images,
    wishes,
    report,
  )
  if (wishes.production !== undefined) await lookAtProxyImage(stack, wishes.production, proxy)
  state.imageMovedOn = await withEarlierImages(stack, state.before)
  report.done(references(wanted))
  warnLeftOut(
    state.leftOut.filter(({service}) => !before.has(service)),
    report,
  )
}

async function startContainers(
  stack: Stack,
  state: UpState,
  {keep = false, production}: UpOptions,
  report: StepReport,
): Promise<void> {
  const services = toStart(state).map(({name}) => name)
  report.at('starting')
  // One that is switched off is named only where it has a container: Compose takes that away, and would get its image else.
  const off = known(state.config).switchedOff ?? []
  const toEnd = off.filter(name => state.before.some(({service}) => service === name))
  // All of them unnamed when none is left out, so that Compose says what does not belong to the file any more.
  const named = state.leftOut.length + off.length === 0 ? [] : [...services, ...(keep ? [] : toEnd)]
  // The proxy is of the one file alone.
  const orphans = stack.moves === true ? ['--remove-orphans'] : []
  const words = ['up', '-d', ...orphans, ...(keep ? ['--no-recreate'] : []), ...named]
  const {exitCode, lines} = await quietly(stack, keep ? [] : toBeEnded(stack, state), report, () =>
    composeStep(stack, known(state.binary), words, report),
  )
  state.after = (await readStack(stack)).facts.containers
  if (exitCode !== 0) throw await startFailed(stack, state, lines)
  // A secret is mounted when a container starts: one that went on running still has the old one.
  const renewed = staleServices(state, production?.changedAt() ?? new Map()).filter(name =>
    services.includes(name),
  )
  if (renewed.length > 0) {
    const words = ['restart', ...stopTimeout(null, true), ...renewed]
    const containers = state.after.filter(({service}) => renewed.includes(service))
    await quietly(stack, containers, report, () => composeStep(stack, known(state.binary), words, report))
    state.after = (await readStack(stack)).facts.containers
  }
  const changed = changedServices(state)
  if (changed.length === 0) report.skipped('all run already')
  else report.done(changed.join(', '))
}

/** Ends containers once the nodes in them take nothing more, all as a part of one step. */
async function quietly<T>(
  stack: Stack,
  containers: readonly Container[],
  report: StepReport,
  work: () => Promise<T>,
): Promise<T> {
  const quiet = quieting(stack, containers)
  for (const step of quiet.steps) {
    report.at(step.title)
    await step.run(report)
  }
  return await quiet.end(report, work)
}

/** Running containers that Compose makes anew, or takes away because their service is switched off or of the other file. */
function toBeEnded({moves}: Pick<Stack, 'moves'>, state: UpState): Container[] {
  const {before, config} = state
  return before.filter(container => {
    const service = config?.services.find(({name}) => name === container.service)
    if (container.state !== 'running') return false
    return service === undefined
      ? moves === true || (config?.switchedOff ?? []).includes(container.service)
      : intention(service, container, state) === 'make anew'
  })
}

/** Of the workers: the others have nothing to lose. */
async function withEarlierImages(stack: Stack, containers: readonly Container[]): Promise<string[]> {
  const workers = containers.filter(({role, state}) => role === 'worker' && state === 'running')
  const moved = await Promise.all(
    workers.map(async container => {
      const isSo = () => hasEarlierImage(stack.engine, container, stack.signal)
      return (await tryTo(stack.signal, isSo)) ? [container.service] : []
    }),
  )
  return moved.flat()
}

async function wait(stack: Stack, state: UpState, seconds: number, report: StepReport): Promise<void> {
  state.after = await waitForServices(stack, known(state.binary), toStart(state), seconds, report)
}

async function startFailed(stack: Stack, state: UpState, lines: readonly string[]): Promise<HubError> {
  const wanted = toStart(state)
  const running = state.after.filter(container => container.state === 'running')
  const down = wanted.filter(({name}) => !running.some(({service}) => service === name))
  const stopped = state.after.filter(
    container => container.state !== 'running' && down.some(({name}) => name === container.service),
  )
  // The one that the engine complains about; others may only have been waiting for it.
  const first = stopped.find(({error}) => error !== null) ?? stopped[0]
  const words = first === undefined ? [] : await lastWords(stack.engine, first, stack.secrets, stack.signal)
  const detail = [
    ...lines.slice(-5).map(line => stack.secrets.mask(line)),
    ...(words.length === 0 ? [] : [`last lines of ${first?.name}:`, ...words]),
    `running: ${running.map(({service}) => service).join(', ') || 'none'}; not running: ${down.map(({name}) => name).join(', ') || 'none'}`,
  ]
  const hint = lines.some(line => line.includes("KeyError: 'ContainerConfig'"))
    ? [
        `docker-compose v1 cannot recreate containers on this engine: ${hubMon(stack, 'down')}, then ${hubMon(stack, 'up')}`,
      ]
    : []
  const subject = down.map(({name}) => name).join(', ') || 'the stack'
  return new HubError('unavailable', 'start-failed', `Compose could not start ${subject}`, {
    detail: detail.join('\n'),
    suggestions: [
      ...hint,
      hubMon(stack, 'doctor'),
      ...(first === undefined || words.length === 0 ? [] : [`docker logs ${first.name}`]),
    ],
  })
}

function describeUp(stack: Stack, state: UpState, {waitSeconds, ...wishes}: UpOptions): string[] {
  const lines: string[] = []
  for (const image of state.images) {
    const means = toGet(image, wishes)
    if (means !== null) lines.push(`${means} ${image.reference} (${image.service.name})`)
  }
  for (const {title} of quieting(stack, toBeEnded(stack, state)).steps) lines.push(lowerFirst(title))
  for (const service of toStart(state)) {
    const container = state.before.find(({service: name}) => name === service.name)
    lines.push(`${intention(service, container, state)} ${service.name}`)
  }
  for (const {service, why} of state.leftOut) lines.push(`leave out ${service}: ${why}`)
  if (waitSeconds !== null) {
    const waits = checksFor(toStart(state))
    lines.push(`wait at most ${waitSeconds} s for ${waits.join(', ')}`)
  }
  return lines.map(line => stack.secrets.mask(line))
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

function intention(
  service: ComposeService,
  container: Container | undefined,
  {imageMovedOn}: Pick<UpState, 'imageMovedOn'>,
): string {
  if (container === undefined) return 'create and start'
  if (service.configHash !== null && container.configHash !== service.configHash) return 'make anew'
  if (imageMovedOn.includes(service.name)) return 'make anew'
  return container.state === 'running' ? 'leave running' : 'start'
}

function resultOf(stack: Stack, state: UpState): UpResult {
  const changed = new Set(changedServices(state))
  const started = state.after.filter(({service}) => toStart(state).some(({name}) => name === service))
  return {
    project: stack.project,
    file: stack.file ?? '',
    engine: stack.engine.address,
    changed: changed.size > 0,
    services: started.map(({service, name}) => ({
      name: service,
      container: name,
      changed: changed.has(service),
    })),
    leftOut: state.leftOut,
    urls: urlsOf(state.after),
  }
}

/** Addresses to open or connect to, as seen from this machine. */
export function urlsOf(containers: readonly Container[]): {service: string; url: string}[] {
  return containers.flatMap(({service, role, ports, state}) => {
    const scheme = role === 'flower' ? 'http' : role === 'redis' ? 'redis' : null
    const [port] = ports
    if (scheme === null || port === undefined || state !== 'running') return []
    const host = port.hostIp === '0.0.0.0' || port.hostIp === '::' ? '127.0.0.1' : port.hostIp
    const shown = host.includes(':') ? `[${host}]` : host
    return [{service, url: `${scheme}://${shown}:${port.hostPort}`}]
  })
}

/** Services that run since before their secrets changed. */
function staleServices({after}: UpState, changedAt: ReadonlyMap<string, number>): string[] {
  const stale = after.filter(
    ({service, startedAt, state}) =>
      state === 'running' && startedAt !== null && Date.parse(startedAt) < (changedAt.get(service) ?? 0),
  )
  return [...new Set(stale.map(({service}) => service))]
}

/** Services whose container was made or started since. */
function changedServices({before, after}: UpState): string[] {
  const same = new Set(before.map(({id, startedAt}) => `${id} ${startedAt}`))
  return after.filter(({id, startedAt}) => !same.has(`${id} ${startedAt}`)).map(({service}) => service)
}

function toStart({config, leftOut}: UpState): ComposeService[] {
  const out = new Set(leftOut.map(({service}) => service))
  return (config?.services ?? []).filter(({name}) => !out.has(name))
}

function warnLeftOut(leftOut: readonly LeftOut[], report: StepReport): void {
  for (const {service, why} of leftOut) report.warn(`${service} is left out: ${why}`)
}

function references(images: readonly ImagePlan[]): string {
  return [...new Set(images.map(({reference}) => reference))].join(', ')
}

function noFile(project: string): HubError {
  return new HubError('unavailable', 'no-file', `there is no compose file for project ${project}`, {
    suggestions: ['name it: --file docker-compose.monitoring.yml'],
  })
}

/** Each step stands on those before it. */
function known<T>(value: T | null): T {
  if (value === null) throw new Error('a step ran before the one that it stands on')
  return value
}
