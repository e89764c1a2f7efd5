import {findingJson} from '../render/json.ts'
import {checkedText} from '../render/secrets/checked.ts'
import {commandLine} from '../render/text/shell.ts'
import {isProblem} from '../report/finding.ts'
import {verdictOf} from '../report/report.ts'
import {askRedis} from '../secrets/ask-redis.ts'
import type {SecretsFacts} from '../secrets/facts.ts'
import {secretsLabel} from '../secrets/folder.ts'
import {judgeSecrets} from '../secrets/judge.ts'
import {readFolder} from '../secrets/read-facts.ts'
import {type Place, placesWith} from '../secrets/sign-in.ts'
import type {Container} from '../snapshot/docker.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {Engine} from '../sources/docker/engine.ts'
import {readEngineInfo} from '../sources/docker/engine-info.ts'
import {readLabel} from '../sources/docker/label.ts'
import {type DockerView, readDocker} from '../sources/docker/read-docker.ts'
import {reachable} from '../sources/redis/stack.ts'
import {timeLimit} from '../sources/time-limit.ts'
import type {Context} from './context.ts'
import {exitCodeFor, type FailOn} from './fail-on.ts'
import {findHub, type Hub} from './hub.ts'
import type {Result} from './hub-command.ts'
import {keeperOptions} from './secrets-folder.ts'
import {viewOf} from './view.ts'

const engineSeconds = 10
const redisPort = 6379

/** `secrets check`: what there is to say of the files, and of a hub that runs with them. */
export async function checkSecrets(context: Context, failOn: FailOn): Promise<Result> {
  const hub = await findHub(context)
  const {project, ...options} = await keeperOptions(context, hub, 'secrets', 'check')
  const folder = await readFolder(options, context.secrets, Date.now())
  const facts: SecretsFacts = {...folder, ...(await runningWith(context, hub, project, folder))}
  const typed = (...words: string[]) => ['hub-mon', ...words, ...hub.target.flags]
  const findings = judgeSecrets(facts, {
    init: typed('secrets', 'init'),
    rotate: typed('secrets', 'rotate'),
    restart: typed('restart'),
  })
  const counts = {critical: 0, unknown: 0, warning: 0, notice: 0, skipped: 0, pass: 0}
  for (const {status} of findings) counts[status] += 1
  const verdict = verdictOf(counts)
  const next = findings.find(({status}) => isProblem(status))?.remedies.find(({command}) => command)?.command
  return {
    schema: 'hub-mon/secrets-check@1',
    verdict,
    exitCode: exitCodeFor(verdict, failOn),
    data: {
      project,
      folder: options.folder,
      verdict,
      running: facts.running !== null,
      counts,
      next: next === undefined ? null : {command: next, line: commandLine(next)},
      findings: findings.map(findingJson),
      files: facts.files.map(({name, found}) => ({
        name,
        present: found !== null,
        mode: found === null ? null : found.mode.toString(8).padStart(3, '0'),
        uid: found?.uid ?? null,
        bytes: found?.bytes ?? null,
        ageSeconds: found?.ageSeconds ?? null,
      })),
    },
    text: checkedText(findings, verdict, viewOf(context, failOn)),
  }
}

type Running = Pick<SecretsFacts, 'running' | 'idle' | 'remapped'>

async function runningWith(
  {settings, secrets, signal}: Context,
  hub: Hub,
  project: string,
  {folder, texts}: Pick<SecretsFacts, 'folder' | 'texts'>,
): Promise<Running> {
  const within = AbortSignal.any([signal, timeLimit(engineSeconds)])
  const nothing = (idle: string): Running => ({running: null, idle, remapped: false})
  let view: DockerView
  let engine: Engine
  let remapped: boolean
  try {
    engine = await hub.engine()
    view = await readDocker(engine, {project, services: settings.services.value, secrets}, within)
    remapped = givesUids((await readEngineInfo(engine, within)).info.SecurityOptions)
    const labelled = await readLabel(engine, {project, label: secretsLabel}, within)
    if (labelled !== folder && view.facts.containers.some(({state}) => state === 'running'))
      return {
        ...nothing(
          labelled === null ? 'the hub that runs is not in production' : `the hub runs with ${labelled}`,
        ),
        remapped,
      }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SourceError) return nothing(`whether the hub runs was not told: ${error.message}`)
    throw error
  }
  const redis = view.facts.containers.find(({role, state}) => role === 'redis' && state === 'running')
  if (redis === undefined) return {...nothing('the hub does not run'), remapped}
  const started = view.facts.containers.flatMap(({service, state, startedAt}) =>
    state === 'running' && startedAt !== null ? [{service, at: Date.parse(startedAt)}] : [],
  )
  const redisTls = (texts?.get('redis_tls') ?? '').trim() !== ''
  const places = placesWith(placesOf(redis, view), folder, redisTls)
  const asked = await askRedis(places, texts ?? new Map(), signal)
  return {idle: null, remapped, running: {...asked, started}}
}

/** Where a container's Redis is from here, the best first. */
export function placesOf({ports, addresses}: Container, {facts}: DockerView): Place[] {
  if (!facts.engine.local) return []
  const published = ports.filter(({containerPort}) => containerPort === redisPort)
  return [
    ...published.map(({hostIp, hostPort}) => reachable({host: hostIp, port: hostPort})),
    ...addresses.map(host => ({host, port: redisPort})),
  ]
}

/** A container's uid is another one outside. */
function givesUids(options: unknown): boolean {
  return Array.isArray(options) && options.some(option => /^name=(rootless|userns)\b/.test(String(option)))
}
