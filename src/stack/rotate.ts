import {HubError} from '../errors/hub-error.ts'
import type {AclFile} from '../redis-users/acl-file.ts'
import {duration} from '../render/text/duration.ts'
import type {Keeper, Text} from '../secrets/keeper.ts'
import {
  listSignedIn,
  listUsers,
  readCertificateAgain,
  type SignedIn,
  setUsers,
} from '../secrets/redis-admin.ts'
import {aclTexts, type Rotation, readersOf} from '../secrets/rotation.ts'
import {isLetIn, type RedisPlaces} from '../secrets/sign-in.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import type {Container} from '../snapshot/docker.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {RedisConnection} from '../sources/redis/connection.ts'
import {admin, asOneOf, unreachable} from './as-admin.ts'
import {atRisk} from './at-risk.ts'
import {requireSeen, requireShown} from './redis-takes-up.ts'
import {planRestart} from './restart.ts'
import {hubMon, type Stack} from './stack.ts'
import type {Step, StepReport} from './step.ts'

export type RotateOptions = {
  rotation: Rotation
  /** Other files than the ACL file, as they are to be. */
  changed: readonly Text[]
  /** A new certificate for Redis; `null` where it keeps its own. */
  certificate: {redis_tls: string; redis_ca: string} | null
  folder: string
  keeper: Keeper
  /** Redis as it runs; `null` where the hub does not run. */
  redis: RedisPlaces | null
  /** The project's containers. */
  containers: readonly Container[]
  /** When the services' files were last written, in epoch milliseconds. */
  filesAt: number
  /** Services that run with earlier files already. */
  stale: readonly string[]
  /** The earlier passwords let in until `--finish`. */
  keepOld: boolean
  allowTaskLoss: boolean
  /** What running tasks get to finish. */
  graceSeconds: number
  waitSeconds: number
  /** Looks at containers and nodes, just before nodes are told to end. */
  look: () => Promise<Snapshot>
}

export type RotatePlan = {
  /** What will happen, a sentence each. */
  happens: string[]
  /** Groups of services, in the order in which they are started again. */
  restarts: string[][]
  /** Programs that are signed in as one of the services and are none of this project's. */
  others: SignedIn[]
  steps: Step[]
  /** Whether the earlier passwords are being taken away, or are gone. */
  taking: () => boolean
}

/** What a rotation would do. Throws a `HubError` (69) where Redis refuses the user that changes users, or tasks could be lost. */
export async function planRotate(stack: Stack, options: RotateOptions): Promise<RotatePlan> {
  const {rotation, changed, certificate, folder, keeper, redis, containers, keepOld} = options
  // Whoever signed in before that has an earlier password; all do, as long as the files are to be written.
  let filesAt = changed.length === 0 ? options.filesAt : Number.POSITIVE_INFINITY
  const running = containers.filter(({state}) => state === 'running').map(({service}) => service)
  const restarts = redis === null ? [] : groupsOf(options, running)
  const others = await elsewhere(stack, options, filesAt)
  if (!keepOld) refuseToCutOff(stack, options, others)
  const nodes = restarts.flat().filter(service => isWorker(containers, service))
  const risks = redis === null ? [] : await risksOf(stack, options, nodes)
  const {both, final} = aclTexts(rotation)
  const users = async (acl: AclFile) => asAdmin(stack, options, client => setUsers(client, acl))

  let taking = false
  const steps: Step[] = [
    {
      title: 'Let a second password in',
      async run(report) {
        await keeper.update([both])
        if (redis === null) return report.skipped('Redis does not run; its file has both')
        await users(rotation.both)
        report.done(
          rotation.renewed.length === 0 ? 'as it stands in redis_acl' : `for ${rotation.renewed.join(', ')}`,
        )
      },
    },
    {
      title: 'Write the files',
      async run(report) {
        const files = certificate === null ? changed : [...changed, fileOf(certificate, 'redis_ca')]
        if (files.length === 0) return report.skipped('they are as they should be')
        await keeper.update(files)
        await requireSeen(stack, containers, files)
        filesAt = Date.now()
        report.done(`${files.length} in ${folder}`)
      },
    },
    ...restarts.map(services => ({
      title: `Start ${services.join(', ')} again`,
      run: (report: StepReport) => startAgain(stack, options, services, report),
    })),
    ...(certificate === null
      ? []
      : [
          {
            title: 'Give Redis the new certificate',
            async run(report: StepReport) {
              const file = fileOf(certificate, 'redis_tls')
              await keeper.update([file])
              if (redis === null) return report.done('in its file; Redis reads it when it starts')
              await requireSeen(stack, containers, [file])
              await asAdmin(stack, options, readCertificateAgain)
              await requireShown(stack, redis, file.text)
              report.done('Redis shows it; nothing was started again for it')
            },
          },
        ]),
    ...(keepOld
      ? []
      : [
          {
            title: 'Take the earlier passwords away',
            async run(report: StepReport) {
              const left = await elsewhere(stack, options, filesAt)
              refuseToCutOff(stack, options, left)
              if (left.length > 0) report.warn(`${whoElse(left)} will be refused from the next connection on`)
              taking = true
              await keeper.update([final])
              if (redis === null) return report.done('from the file; Redis reads it when it starts')
              await users(rotation.final)
              report.done('Redis has one for each user')
            },
          },
          ...(redis === null
            ? []
            : [
                {
                  title: 'Prove that they let nobody in',
                  run: (report: StepReport) => prove(stack, options, report),
                },
              ]),
        ]),
  ]
  const happens = happensOf(stack, options, restarts, others, risks)
  return {happens, restarts, others, steps, taking: () => taking}
}

function fileOf(
  certificate: NonNullable<RotateOptions['certificate']>,
  name: keyof typeof certificate,
): Text {
  return {name, text: certificate[name]}
}

function isWorker(containers: readonly Container[], service: string): boolean {
  return containers.some(one => one.service === service && one.role === 'worker')
}

/** Nodes one service at a time; the page and the proxy, which send each other the same password, together. */
function groupsOf(
  {changed, certificate, stale, containers}: RotateOptions,
  running: readonly string[],
): string[][] {
  // Whoever is connected for long knows the authorities from its start.
  const readers = readersOf([...changed.map(({name}) => name), ...Object.keys(certificate ?? {})])
  const wanted = [...new Set([...readers, ...stale])].filter(service => running.includes(service))
  const isPage = (service: string) => service === 'flower' || service === 'proxy'
  const pages = wanted.filter(isPage)
  const rest = wanted.filter(service => !isPage(service) && service !== 'redis')
  const nodes = rest.filter(service => isWorker(containers, service))
  const others = rest.filter(service => !nodes.includes(service))
  return [...nodes.map(one => [one]), ...others.map(one => [one]), pages].filter(group => group.length > 0)
}

/** Signs in as the user that changes users, by the password that is new or by the earlier one. */
async function asAdmin<T>(
  stack: Stack,
  {rotation, redis}: Pick<RotateOptions, 'rotation' | 'redis'>,
  work: (client: RedisConnection) => Promise<T>,
): Promise<T> {
  if (redis === null) throw new Error('there is no Redis to sign in to')
  const earlier = rotation.earlier.filter(one => one.user === admin).map(({password}) => password)
  return await asOneOf(stack, redis, [...earlier, rotation.passwords.redis[admin]], work)
}

const ofServices = ['worker', 'flower', 'recorder']

/** Programs of none of the project's containers that signed in as one of the services before then. */
async function elsewhere(
  stack: Stack,
  options: Pick<RotateOptions, 'rotation' | 'redis' | 'containers'>,
  before: number,
): Promise<SignedIn[]> {
  if (options.redis === null) return []
  const own = new Set(options.containers.flatMap(({addresses}) => addresses))
  const signedIn = await asAdmin(stack, options, listSignedIn)
  const now = Date.now()
  return signedIn.filter(
    ({user, address, forSeconds}) =>
      ofServices.includes(user) && !own.has(address) && now - forSeconds * 1000 < before,
  )
}

/** Throws a `HubError` (69) where somebody would be refused who sends tasks. */
function refuseToCutOff(
  stack: Stack,
  {allowTaskLoss}: Pick<RotateOptions, 'allowTaskLoss'>,
  others: readonly SignedIn[],
): void {
  if (others.length === 0 || allowTaskLoss) return
  throw new HubError(
    'unavailable',
    'others-signed-in',
    `${whoElse(others)} ${others.length === 1 ? 'has' : 'have'} an earlier password, and would be refused`,
    {
      detail:
        'What uses worker_broker_url elsewhere reads it when it starts; until then the earlier password must work.',
      suggestions: [
        `new passwords beside the earlier ones: ${hubMon(stack, 'secrets', 'rotate', '--keep-old')}`,
        `then start those programs again, and: ${hubMon(stack, 'secrets', 'rotate', '--finish')}`,
        `or refuse them: ${hubMon(stack, 'secrets', 'rotate', '--allow-task-loss')}`,
      ],
      docs: 'docs/secrets.md',
    },
  )
}

function whoElse(others: readonly SignedIn[]): string {
  const users = [...new Set(others.map(({user}) => user))].join(', ')
  const places = [...new Set(others.map(({address}) => address))]
  const many = others.length === 1 ? '1 connection' : `${others.length} connections`
  return `${many} of ${users} from elsewhere (${places.slice(0, 3).join(', ')}${places.length > 3 ? ', …' : ''})`
}

/** Of nodes: what becomes of their tasks, a sentence each. Throws a `HubError` where a task has run for longer than it would get. */
async function risksOf(
  stack: Stack,
  {look, graceSeconds, allowTaskLoss}: RotateOptions,
  services: readonly string[],
): Promise<string[]> {
  if (services.length === 0) return []
  const snapshot = await look()
  const risks = services.map(service => {
    const fix = {does: 'restart', service, risks: 'running-tasks', mayComeInSeconds: 0} as const
    return atRisk(fix, snapshot, graceSeconds)
  })
  const says = [...new Set(risks.flatMap(risk => risk.says))]
  const long = longerThan(factsFrom(snapshot.sources.celery) ?? null, graceSeconds)
  if (!risks.some(({loses}) => loses) || long.length === 0 || allowTaskLoss) return says
  const [first] = long
  throw new HubError(
    'unavailable',
    'tasks-at-risk',
    `${long.length === 1 ? 'a task has' : `${long.length} tasks have`} run for longer than the ${duration(graceSeconds)} that ${long.length === 1 ? 'it gets' : 'they get'} to finish, and would be lost`,
    {
      detail: [`${first?.name} ${first?.id} has run for ${duration(first?.seconds ?? 0)}`, ...says].join(
        '\n',
      ),
      suggestions: [
        `give them longer: ${hubMon(stack, 'secrets', 'rotate', '--grace', '1h')}`,
        `or wait for them: ${hubMon(stack, 'tasks', '--state', 'active')}`,
        `or lose them: ${hubMon(stack, 'secrets', 'rotate', '--allow-task-loss')}`,
      ],
    },
  )
}

/** Tasks that are lost when they are cut off, and have shown that they may take longer. */
function longerThan(
  celery: CeleryFacts | null,
  seconds: number,
): {id: string; name: string; seconds: number}[] {
  return (celery?.nodes ?? []).flatMap(({active, conf}) =>
    active.flatMap(({id, name, runningSeconds, acknowledged}) => {
      const isAgain = acknowledged === false || (acknowledged === null && conf?.acksLate === true)
      return !isAgain && runningSeconds !== null && runningSeconds >= seconds
        ? [{id, name: name ?? 'a task', seconds: runningSeconds}]
        : []
    }),
  )
}

/** Restarts services and waits until the hub works; with tasks at risk it does not begin. */
async function startAgain(
  stack: Stack,
  options: RotateOptions,
  services: readonly string[],
  report: StepReport,
): Promise<void> {
  const {containers, graceSeconds, waitSeconds} = options
  const nodes = services.filter(service => isWorker(containers, service))
  await risksOf(stack, options, nodes)
  const plan = await planRestart(stack, {
    services,
    graceSeconds: nodes.length > 0 ? graceSeconds : null,
    waitSeconds,
    celery: async () => null,
  })
  for (const step of plan.steps) await step.run(report)
}

/** Signs in with each earlier password, and with each new one. */
async function prove(stack: Stack, {rotation, redis}: RotateOptions, report: StepReport): Promise<void> {
  if (redis === null) return
  try {
    for (const {user, password} of rotation.earlier) {
      const before = await isLetIn(redis, {username: user, password}, stack.signal)
      if (before.letIn) throw notTaken(stack, `Redis still lets ${user} in with the earlier password`)
      const now = {username: user, password: rotation.passwords.redis[user]}
      if (!(await isLetIn(redis, now, stack.signal)).letIn)
        throw notTaken(stack, `Redis refuses ${user} with the new password`)
    }
    const users = await asAdmin(stack, {rotation, redis}, listUsers)
    const several = users.filter(
      ({name, hashes}) => hashes.length > 1 && Object.hasOwn(rotation.final.hashes, name),
    )
    if (several.length > 0)
      throw notTaken(stack, `Redis has several passwords of ${several.map(({name}) => name).join(', ')}`)
  } catch (error) {
    stack.signal.throwIfAborted()
    if (error instanceof SourceError) throw unreachable(stack, error)
    throw error
  }
  const many = rotation.earlier.length
  report.done(many === 0 ? 'each user has one password' : `${many} earlier ones were tried and refused`)
}

function notTaken(stack: Stack, message: string): HubError {
  return new HubError('unavailable', 'not-taken-away', message, {
    suggestions: [hubMon(stack, 'secrets', 'rotate', '--finish'), hubMon(stack, 'secrets', 'check')],
    docs: 'docs/secrets.md',
  })
}

function happensOf(
  stack: Stack,
  {rotation, changed, certificate, folder, redis, stale, keepOld, graceSeconds}: RotateOptions,
  restarts: readonly string[][],
  others: readonly SignedIn[],
  risks: readonly string[],
): string[] {
  const {underWay, renewed, login} = rotation
  const finish = hubMon(stack, 'secrets', 'rotate', '--finish')
  return [
    ...(underWay ? ['A rotation is under way: it is finished.'] : []),
    ...(renewed.length === 0
      ? []
      : [
          `New passwords for ${renewed.join(', ')}; the earlier ones work beside them until all use the new ones.`,
        ]),
    ...(changed.length === 0 ? [] : [`${count(changed.length, 'file')} in ${folder}: ${names(changed)}.`]),
    ...(stale.includes('redis')
      ? [
          `Redis was started before its files changed: the password of its health check stays, unless you first type ${hubMon(stack, 'restart', 'redis')}.`,
        ]
      : []),
    ...(certificate === null
      ? []
      : ['A new authority and certificate for Redis, which takes it up as it runs; until then both count.']),
    ...(login ? [`The login for the browser is another one then; it stands in ${folder}/login.`] : []),
    ...(redis === null ? ['The hub does not run: it takes them up when it starts.'] : []),
    ...restarts.map(services =>
      services.some(service => service !== 'flower' && service !== 'proxy' && service !== 'recorder')
        ? `${services.join(', ')} is started again; running tasks get ${duration(graceSeconds)} to finish.`
        : `${services.join(', ')} ${services.length === 1 ? 'is' : 'are'} started again.`,
    ),
    ...risks,
    ...(others.length === 0
      ? []
      : [
          `${whoElse(others)}: not started again by this, and the earlier password is all that ${others.length === 1 ? 'it has' : 'they have'}.`,
        ]),
    'Other programs that use worker_broker_url must have the new one before the earlier password goes.',
    keepOld
      ? `The earlier passwords work on until: ${finish}`
      : 'Then the earlier passwords let nobody in, which is tried.',
  ]
}

function names(changed: readonly Text[]): string {
  return changed.map(({name}) => name).join(', ')
}

function count(many: number, what: string): string {
  return many === 1 ? `1 ${what}` : `${many} ${what}s`
}
