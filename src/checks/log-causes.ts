import {commandLine} from '../render/text/shell.ts'
import {confirmBy, cureBy, decide, type Evidence, type Remedy} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import type {TellingLine} from '../snapshot/logs.ts'
import {factsFrom} from '../snapshot/reading.ts'
import {secondsSince} from '../snapshot/seconds-since.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {hubMon, redisCli} from './names.ts'
import {inProduction} from './production.ts'

/** A line of a log that tells why a container is not well, and what to do about it. */
export type LogCause = {
  id: string
  pattern: RegExp
  /** The cause in short; without it the first group of the pattern, else the line as it stands. */
  says?: (groups: readonly string[]) => string
  cures: (snapshot: Snapshot, container: Container) => Remedy[]
  /** It will say the same again however often it is started: first something has to be mended. */
  lasting?: true
  /** Of a Redis that did not do what it should; nothing of one that has been started since, and answers. */
  ofRedis?: true
  /** Too common to mean anything in the log of what runs; of what has ended it is the last word. */
  lastWord?: true
}

const application =
  'in the image or the folder that is mounted (HUB_APP_IMAGE, HUB_APP_DIR), and -A of the service (HUB_CELERY_APP)'
const broker = "the workers' CELERY_BROKER_URL"

/** The more it tells, the further up: of several, the first is the cause. */
export const logCauses: readonly LogCause[] = [
  {
    id: 'import-error',
    pattern: /\b((?:ModuleNotFoundError|ImportError): .+)/,
    cures: () => [decide(`put the module where it is imported from: ${application}`)],
    lasting: true,
  },
  {
    id: 'no-such-app',
    pattern: /^The module (\S+) was not found/,
    says: ([app = '']) => `there is no application ${app}`,
    cures: () => [decide(`correct the name of the application: ${application}`)],
    lasting: true,
  },
  {
    id: 'flower-missing',
    pattern: /No such command '?flower'?|^Flower is not in this image/,
    says: () => 'Flower is not installed in its image',
    cures: () => [
      decide('install flower in the image of the service, or name one that has it: HUB_FLOWER_IMAGE'),
    ],
    lasting: true,
  },
  {
    id: 'wrong-password',
    pattern: /Cannot connect to (\S+): .*(?:WRONGPASS|NOAUTH|Authentication required|invalid password)/,
    says: ([url = '']) => `Redis refuses the password of ${url}`,
    cures: () => [
      decide(
        `make the passwords of Redis and of ${broker} equal; write @ : / # % in it as %40 %3A %2F %23 %25`,
      ),
    ],
    lasting: true,
  },
  {
    id: 'redis-rights',
    pattern: /\bno permissions to (?:run the '([^']+)' command|access (?:a|one of the) (key|channel))/i,
    says: ([command = '', thing = '']) =>
      command === ''
        ? `its user of Redis may not use a ${thing} that it needs`
        : `its user of Redis may not ${command.toUpperCase()}`,
    cures: snapshot => [
      decide(
        `give the user that ${broker} names the rights that Celery needs (ACL SETUSER, and the ACL file for good)`,
      ),
      confirmBy('what was refused, and to whom', ...redisCli(snapshot, 'ACL', 'LOG', '5')),
    ],
    lasting: true,
  },
  {
    id: 'broker-unknown-host',
    pattern:
      /Cannot connect to (\S+): .*(?:Name or service not known|name resolution|nodename nor servname|No address associated)/,
    says: ([url = '']) => `the host name in ${url} is not known to it`,
    cures: () => [
      decide(`correct the host in ${broker}: the name of the Redis service, in a network that both are on`),
    ],
    lasting: true,
  },
  {
    id: 'broker-certificate',
    pattern:
      /(?:Cannot connect to (\S+):|Could not connect to Redis).*certificate verify failed(?:: ([^.(]*[^.( ]))?/,
    says: ([url = '', why = '']) =>
      `the certificate of ${url === '' ? 'Redis' : url} is refused${why === '' ? '' : `: ${why}`}`,
    cures: snapshot =>
      inProduction(snapshot)
        ? [
            decide(
              `where it has ended, make another: ${commandLine(hubMon(snapshot, 'secrets', 'init', '--redis-tls'))}`,
            ),
            cureBy('all services take it up together', ...hubMon(snapshot, 'restart')),
            confirmBy('what is wrong with it', ...hubMon(snapshot, 'secrets', 'check')),
          ]
        : [decide(`renew the certificate of Redis, or name its authority in ${broker} (ssl_ca_certs)`)],
    lasting: true,
  },
  {
    id: 'broker-refused',
    pattern: /Cannot connect to (\S+): .*Connection refused/,
    says: ([url = '']) => `nothing listens at ${url}`,
    cures: () => [decide(`start what should listen there, or correct ${broker}`)],
    ofRedis: true,
  },
  {
    id: 'aof-broken',
    pattern: /Bad file format reading the append only file (\S+?):/,
    says: ([file = '']) => `the append-only file ${file} is broken`,
    cures: (_snapshot, {name, image}) => [
      decide('make a copy of its volume first: the repair cuts off all that follows the fault'),
      cureBy(
        'repair it',
        ...['docker', 'run', '--rm', '-it', '--volumes-from', name, image, 'redis-check-aof', '--fix'],
        '/data/appendonlydir/appendonly.aof.manifest',
      ),
    ],
    lasting: true,
  },
  {
    id: 'rdb-too-new',
    pattern: /Can't handle RDB format version (\d+)/,
    says: ([version = '']) => `its data is of a newer Redis (RDB format ${version})`,
    cures: () => [decide('use the Redis image that wrote the data, or a newer one')],
    lasting: true,
  },
  {
    id: 'redis-config',
    pattern: /^>>> '(.+)'$/,
    says: ([line = '']) => `Redis refuses its configuration at: ${line}`,
    cures: () => [decide('correct the command of the Redis service in the compose file')],
    lasting: true,
  },
  {
    id: 'address-in-use',
    pattern: /Address already in use/i,
    says: () => 'its port is taken inside its network',
    cures: (_snapshot, {name}) => [
      decide('let each service in a shared network listen on a port of its own'),
      confirmBy('what runs in it', 'docker', 'top', name),
    ],
    lasting: true,
  },
  {
    id: 'cannot-fork',
    pattern: /Can't save in background: fork: (.+)/,
    says: ([why = '']) => `Redis cannot save, it gets no memory for a second process: ${why}`,
    cures: () => [
      cureBy('let it, until the host is started again', 'sudo', 'sysctl', 'vm.overcommit_memory=1'),
      decide('for good: vm.overcommit_memory = 1 in /etc/sysctl.conf of the host'),
    ],
  },
  {
    id: 'cannot-save',
    pattern:
      /Failed opening the (?:temp )?RDB file .*: (.+)$|Write error (?:saving DB on disk|writing append only file)[^:]*: (.+)$/,
    says: ([rdb = '', aof = '']) => `Redis cannot write its data: ${rdb || aof}`,
    cures: () => [decide('free disk space, or give Redis the right to write in its data directory')],
  },
  {
    id: 'misconf',
    pattern: /\bMISCONF\b/,
    says: () => 'Redis takes no writes, because it cannot save (MISCONF)',
    cures: snapshot => [confirmBy('why it cannot', ...hubMon(snapshot, 'doctor', '--only', 'redis'))],
    ofRedis: true,
  },
  {
    id: 'read-only',
    pattern: /\bREADONLY\b|read only replica/i,
    says: () => 'the Redis that it writes to is a replica (READONLY)',
    cures: () => [decide(`name the master in ${broker}`)],
  },
  {
    id: 'redis-full',
    pattern: /OOM command not allowed/,
    says: () => 'Redis is full and takes no writes (OOM)',
    cures: snapshot => [confirmBy('what fills it', ...hubMon(snapshot, 'doctor', '--only', 'redis'))],
    ofRedis: true,
  },
  {
    id: 'worker-lost',
    pattern: /WorkerLostError.*?(signal \d+ \(\w+\)|exitcode -?\d+)/,
    says: ([how = '']) => `a pool process was lost: ${how}`,
    cures: () => [
      decide(
        'give the worker more memory (mem_limit, HUB_WORKER_MEMORY), or bound its tasks: --max-memory-per-child',
      ),
    ],
  },
  {
    id: 'unregistered-task',
    pattern: /Received unregistered task of type '?([\w.:-]+)/,
    says: ([task = '']) => `it discards ${task}, which it has not registered`,
    cures: () => [decide('deploy the code that has the task (include, imports), and restart the worker')],
  },
  {
    id: 'out-of-memory',
    pattern: /\bMemoryError\b|Cannot allocate memory|Out of memory/i,
    says: () => 'it gets no more memory',
    cures: () => [decide('raise mem_limit of the service, or make it use less')],
  },
  {
    id: 'no-such-file',
    pattern: /(?:(['"]?\/[^\s:'"]+['"]?): )?No such file or directory(?:: (.+))?/i,
    says: ([before = '', after = '']) => `there is no ${before || after || 'such file'}`,
    cures: () => [decide('correct the path, or mount what should be there')],
    lasting: true,
    lastWord: true,
  },
  {
    id: 'permission-denied',
    pattern: /(?:(['"]?\/[^\s:'"]+['"]?): )?Permission denied(?:: (.+))?/i,
    says: ([before = '', after = '']) => `it may not use ${before || after || 'a file of its'}`,
    cures: () => [
      decide('give the user of the container the rights, or run it as one that has them (user:)'),
    ],
    lasting: true,
    lastWord: true,
  },
  {
    id: 'unrecoverable',
    pattern: /Unrecoverable error: (.+)/,
    cures: () => [],
    lastWord: true,
  },
  {
    id: 'exception',
    pattern: /^((?:[a-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception): .+)/,
    cures: () => [],
    lastWord: true,
  },
  {
    id: 'fatal',
    pattern: /\b((?:FATAL|PANIC|Fatal error)\b.+)/,
    cures: () => [],
    lastWord: true,
  },
]

/** Of which kind a line is; `null` for one that tells nothing. `ended`: of a run that is over. */
export function kindOfLine(text: string, ended: boolean): string | null {
  return logCauses.find(({pattern, lastWord}) => (ended || !lastWord) && pattern.test(text))?.id ?? null
}

/** What a container's log says of why it is not well. */
export type Told = {
  cause: LogCause
  /** In short: `ModuleNotFoundError: No module named 'shop'`. */
  says: string
  evidence: Evidence[]
  cures: Remedy[]
}

/** `null` where its log was not read, or tells nothing. */
export function toldByLog(snapshot: Snapshot, container: Container | undefined): Told | null {
  if (container === undefined) return null
  const logs = factsFrom(snapshot.sources.logs)?.containers ?? []
  const lines = new Map(
    logs.find(({name}) => name === container.name)?.lines.map(line => [line.kind, line] as const) ?? [],
  )
  for (const cause of logCauses) {
    const line = lines.get(cause.id)
    if (line === undefined || (cause.ofRedis === true && isOver(snapshot, line))) continue
    return {
      cause,
      says: sayingOf(cause, line),
      evidence: [{label: `log of ${container.name}`, value: line.text}],
      cures: cause.cures(snapshot, container),
    }
  }
  return null
}

/** Written before Redis was started, which answers now. */
function isOver(snapshot: Snapshot, {at}: TellingLine): boolean {
  const redis = factsFrom(snapshot.sources.redis)
  if (at === null || redis?.uptimeSeconds == null) return false
  return secondsSince(at, snapshot.takenAt) > redis.uptimeSeconds
}

/** The same of what its health check said last. */
export function toldByCheck(snapshot: Snapshot, container: Container): Told | null {
  const text = container.healthOutput?.trim().split('\n').at(-1)?.trim() ?? ''
  const cause = logCauses.find(({pattern, lastWord}) => lastWord !== true && pattern.test(text))
  if (cause === undefined) return null
  return {cause, says: sayingOf(cause, {text}), evidence: [], cures: cause.cures(snapshot, container)}
}

/** As the end of a sentence; empty where nothing was told. */
export function inShort(told: Told | null): string {
  return told === null ? '' : `: ${told.says}`
}

function sayingOf({pattern, says}: LogCause, {text}: Pick<TellingLine, 'text'>): string {
  const groups = (pattern.exec(text) ?? []).slice(1).map(group => group ?? '')
  return says === undefined ? (groups[0] ?? text) : says(groups)
}
