import path from 'node:path'
import {confirm} from '../broker/confirm.ts'
import {type Action, record} from '../broker/journal.ts'
import {HubError} from '../errors/hub-error.ts'
import type {AclFile} from '../redis-users/acl-file.ts'
import {rotatedText} from '../render/secrets/rotated.ts'
import {clean} from '../render/text/clean.ts'
import {bothAuthorities, makeRedisTls} from '../secrets/authority.ts'
import {passwordsIn} from '../secrets/contents.ts'
import {secretFiles} from '../secrets/files.ts'
import {secretsLabel} from '../secrets/folder.ts'
import {filesIn} from '../secrets/init.ts'
import {type KeeperOptions, keeperOf} from '../secrets/keeper.ts'
import {readFolder} from '../secrets/read-facts.ts'
import {knowSecret} from '../secrets/read-secret.ts'
import {listUsers} from '../secrets/redis-admin.ts'
import {
  changedFiles,
  NoPassword,
  planRotation,
  type Rotation,
  type RotationWishes,
  toRestart,
} from '../secrets/rotation.ts'
import {placesWith, type RedisPlaces} from '../secrets/sign-in.ts'
import type {SourceId} from '../snapshot/reading.ts'
import {readLabel} from '../sources/docker/label.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {asOneOf} from '../stack/as-admin.ts'
import {tryTo} from '../stack/failure.ts'
import {planRotate, type RotateOptions, type RotatePlan} from '../stack/rotate.ts'
import {hubMon, readStack, type Stack} from '../stack/stack.ts'
import {type Acting, findStack, usualWaitSeconds} from './acting.ts'
import type {Context} from './context.ts'
import type {Result} from './hub-command.ts'
import {placesOf} from './secrets-check.ts'
import {keeperOptions} from './secrets-folder.ts'
import {alone} from './secrets-lock.ts'

export type RotateFlags = {
  login: boolean
  redisTls: boolean
  keepOld: boolean
  finish: boolean
  allowTaskLoss: boolean
  graceSeconds: number
  waitSeconds: number | undefined
  yes: boolean
  dryRun: boolean
  warn: (warning: string) => void
}

const engineSeconds = 10

/** `secrets rotate`: plans, asks, carries out and writes down. */
export async function rotateSecrets(context: Context, flags: RotateFlags): Promise<Result> {
  const acting = await findStack(context)
  const options = await keeperOptions(context, acting.hub, 'secrets', 'rotate')
  await requireFolder(options, acting.stack)
  return await alone(options.folder, () => rotateAlone(context, acting, options, flags))
}

async function rotateAlone(
  context: Context,
  acting: Acting,
  options: KeeperOptions & {project: string},
  flags: RotateFlags,
): Promise<Result> {
  const {stack, ask, carryOut, tell} = acting
  const {project, folder} = options
  const {rotation, plan, changed} = await planFor(context, acting, options, flags)
  if (flags.finish && !rotation.underWay && changed === 0 && plan.restarts.length === 0)
    return nothingToFinish(context, options)
  if (flags.dryRun)
    return {
      schema: 'hub-mon/plan@1',
      data: {project, steps: plan.happens},
      text: plan.happens.map(line => `${clean(line)}\n`).join(''),
    }
  if (flags.yes) for (const sentence of plan.happens) tell(sentence)
  const more = [
    ...(flags.login ? ['--login'] : []),
    ...(flags.redisTls ? ['--redis-tls'] : []),
    ...(flags.keepOld ? ['--keep-old'] : []),
    ...(flags.finish ? ['--finish'] : []),
  ]
  const command = hubMon(stack, 'secrets', 'rotate', ...more, '--yes')
  await confirm({happens: plan.happens, subject: 'rotating the secrets', command}, {yes: flags.yes, ask})
  const restarted = plan.restarts.flat()
  const users = rotation.renewed.length
  const action: Action = {
    command: 'secrets rotate',
    target: project,
    did: `${rotation.underWay ? 'went on with a rotation' : 'rotated'}; new passwords for ${users === 0 ? 'nobody' : rotation.renewed.join(', ')}; restarted ${restarted.length === 0 ? 'nothing' : restarted.join(', ')}${flags.redisTls ? '; a new certificate for Redis' : ''}; the earlier passwords ${flags.keepOld ? 'still let in' : 'let nobody in'}`,
    outcome: 'done',
    counts: {users, files: changed, restarted: restarted.length},
  }
  const journal = await journalled(context, stack, action, flags, plan, () => carryOut(plan.steps))
  const data = {
    project,
    folder,
    underWay: rotation.underWay,
    users: rotation.renewed,
    files: changed,
    restarted,
    finished: !flags.keepOld,
    redisTls: flags.redisTls,
    login: rotation.login ? path.join(folder, 'login') : null,
    others: plan.others.map(({user, address}) => ({user, address})),
    finish: flags.keepOld ? hubMon(stack, 'secrets', 'rotate', '--finish') : null,
    journal,
  }
  return {
    schema: 'hub-mon/secrets-rotate@1',
    data,
    text: context.quiet ? '' : rotatedText(data),
  }
}

function nothingToFinish({quiet}: Context, {project, folder}: KeeperOptions & {project: string}): Result {
  return {
    schema: 'hub-mon/secrets-rotate@1',
    data: {
      ...{
        project,
        folder,
        underWay: false,
        users: [],
        files: 0,
        restarted: [],
        finished: true,
        redisTls: false,
      },
      ...{login: null, others: [], finish: null, journal: null},
    },
    text: quiet ? '' : 'No rotation is under way: one password lets each user in.\n',
  }
}

/** Throws a `HubError` (69) where there is nothing to rotate. */
async function requireFolder({folder}: KeeperOptions, stack: Stack): Promise<void> {
  const there = await filesIn(folder).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof HubError) throw error
    if (error.code === 'ENOENT') return new Set<string>()
    throw new HubError('permission', 'folder-of-another', `cannot look into ${folder}: ${error.code}`)
  })
  const missing = secretFiles.filter(({name}) => !there.has(name)).map(({name}) => name)
  if (missing.length === 0) return
  const message =
    there.size === 0
      ? `there are no secrets in ${folder}`
      : `of the secrets in ${folder}, ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`
  throw new HubError('unavailable', 'no-secrets', message, {
    suggestions: [hubMon(stack, 'secrets', 'init')],
    docs: 'docs/secrets.md',
  })
}

async function planFor(
  context: Context,
  {stack, hub}: Acting,
  options: KeeperOptions & {project: string},
  flags: RotateFlags,
): Promise<{rotation: Rotation; plan: RotatePlan; changed: number}> {
  const {project, folder} = options
  const {files, texts} = await readFolder(options, context.secrets, Date.now())
  const keeper = await keeperOf(options)
  // Refused in words of its own, where it takes root.
  const known = texts ?? (await keeper.read(secretFiles.map(({name}) => name)))
  const view = await readStack(stack)
  const within = AbortSignal.any([context.signal, timeLimit(engineSeconds)])
  const labelled = await tryTo(context.signal, () =>
    readLabel(stack.engine, {project, label: secretsLabel}, within),
  )
  const {containers} = view.facts
  const redis = containers.find(({role, state}) => role === 'redis' && state === 'running')
  const isOurs = redis !== undefined && labelled === folder
  const redisTls = (known.get('redis_tls') ?? '').trim() !== ''
  const places = isOurs ? placesWith(placesOf(redis, view), folder, redisTls) : null
  const leftBehindAt = new Map(
    files.flatMap(({name, found}) => (found === null ? [] : [[name, found.leftBehindAt]])),
  )
  const started = containers.flatMap(({service, state, startedAt}) =>
    state === 'running' && startedAt !== null ? [{service, at: Date.parse(startedAt)}] : [],
  )
  const stale = isOurs ? toRestart(started, leftBehindAt) : []
  const redisIsBehind = stale.includes('redis')
  const rotation = rotationBy(
    known,
    places === null ? {} : await hashesIn(stack, places, known),
    {...flags, redisIsBehind},
    stack,
  )
  for (const secret of Object.values(rotation.passwords.redis)) knowSecret(secret, context.secrets)
  for (const {user, password} of [rotation.passwords.flower, rotation.passwords.login])
    knowSecret(`${user}:${password}`, context.secrets)

  const changed = await changedFiles(rotation, known, folder)
  if (flags.redisTls) refuseWithoutTls(stack, redisTls, redisIsBehind)
  const certificate = flags.redisTls ? await newCertificate(folder, known, context.signal) : null
  const how: RotateOptions = {
    ...{rotation, changed, certificate, folder, keeper, containers, stale},
    redis: places,
    filesAt: leftBehindAt.get('worker_broker_url') ?? 0,
    keepOld: flags.keepOld,
    allowTaskLoss: flags.allowTaskLoss,
    graceSeconds: flags.graceSeconds,
    waitSeconds: flags.waitSeconds ?? usualWaitSeconds,
    look: () => hub.look(new Set<SourceId>(['celery', 'docker'])),
  }
  return {rotation, plan: await planRotate(stack, how), changed: changed.length}
}

/** Throws a `HubError` (69) where there is no certificate to renew, or Redis would not see another one. */
function refuseWithoutTls(stack: Stack, redisTls: boolean, redisIsBehind: boolean): void {
  if (!redisTls)
    throw new HubError('unavailable', 'no-redis-tls', 'the services speak no TLS to Redis', {
      suggestions: [hubMon(stack, 'secrets', 'init', '--redis-tls')],
      docs: 'docs/secrets.md',
    })
  if (redisIsBehind)
    throw new HubError('unavailable', 'redis-is-behind', 'Redis was started before its files changed', {
      suggestions: [hubMon(stack, 'restart', 'redis')],
      docs: 'docs/secrets.md',
    })
}

async function newCertificate(
  folder: string,
  texts: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<NonNullable<RotateOptions['certificate']>> {
  const {redis_tls, redis_ca} = await makeRedisTls(folder, signal)
  return {redis_tls, redis_ca: bothAuthorities(redis_ca, texts)}
}

/** What lets our users in to the Redis that runs. Throws a `HubError` (69). */
async function hashesIn(
  stack: Stack,
  places: RedisPlaces,
  texts: ReadonlyMap<string, string>,
): Promise<AclFile['hashes']> {
  const password = passwordsIn(secretFiles, texts).redis['hub-mon-admin'] ?? ''
  const users = await asOneOf(stack, places, [password], listUsers)
  return Object.fromEntries(users.map(({name, hashes}) => [name, hashes])) as AclFile['hashes']
}

function rotationBy(
  texts: ReadonlyMap<string, string>,
  inRedis: AclFile['hashes'],
  wishes: RotationWishes,
  stack: Stack,
): Rotation {
  try {
    return planRotation(texts, inRedis, wishes)
  } catch (error) {
    if (!(error instanceof NoPassword)) throw error
    throw new HubError('unavailable', 'no-password', error.message, {
      suggestions: [hubMon(stack, 'secrets', 'check')],
      docs: 'docs/secrets.md',
    })
  }
}

/** Writes down what came of it, also when it fails or is interrupted; never a secret. Gives the file. */
async function journalled(
  {secrets, signal}: Context,
  stack: Stack,
  action: Action,
  {warn}: RotateFlags,
  {taking}: RotatePlan,
  act: () => Promise<void>,
): Promise<string | null> {
  const writeDown = async (more: Partial<Action>) => {
    const {file, warning} = await record({...action, ...more}, {secrets, environment: process.env})
    if (warning !== null) warn(warning)
    return warning === null ? file : null
  }
  try {
    await act()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const both = taking() ? 'the earlier passwords may let in' : 'both passwords let in'
    const begun = `rotation begun; ${both}`
    await writeDown(
      signal.aborted
        ? {did: begun, outcome: 'interrupted'}
        : {did: `${begun}; failed: ${why}`, outcome: 'failed'},
    )
    const how = taking() ? 'The new passwords work.' : 'The earlier passwords work, and the new ones.'
    warn(`${how} Typed again, it goes on from there: ${hubMon(stack, 'secrets', 'rotate')}`)
    throw error
  }
  return await writeDown({})
}
