import type {RedisUserName} from '../redis-users/registry.ts'

/** Uids of the services, which the images and `docker-compose.production.yml` know as well. */
export const uids = {redis: 999, app: 1000, recorder: 1000, proxy: 1001} as const

/** What is in a file, and by that how it is made. */
export type Holds =
  | {kind: 'acl'}
  /** A Redis URL; one line. */
  | {kind: 'redis-url'; user: RedisUserName; database: number}
  /** The password alone; one line. */
  | {kind: 'redis-password'; user: RedisUserName}
  /** `user:password`; one line. */
  | {kind: 'pair'; of: 'flower' | 'login'}
  /** Lines `name bcrypt-hash` of the login. */
  | {kind: 'proxy-users'}
  /** A line of the proxy's configuration, with the header that opens Flower: `header_up Authorization "Basic …"`. */
  | {kind: 'proxy-upstream'}
  /** Given by the operator or made by `--redis-tls`; empty without. */
  | {kind: 'pem'}

export type SecretFile = {
  name: string
  /** The services that have it mounted; empty for what the operator and hub-mon read themselves. */
  services: readonly string[]
  /** `operator` is whoever runs hub-mon. */
  uid: number | 'operator'
  mode: number
  holds: Holds
  /**
   * Redis goes on running when this becomes another: it is written in place, so that a container that has it mounted sees it.
   * Every other file is replaced as a whole, and read by its service when that starts.
   */
  live?: true
}

const ofService = (name: string, service: string, uid: number, holds: Holds): SecretFile => ({
  ...{name, services: [service], uid, mode: 0o400, holds},
})
const ofRedis = (name: string, holds: Holds): SecretFile => ({
  ...ofService(name, 'redis', uids.redis, holds),
  live: true,
})
const ofOperator = (name: string, holds: Holds): SecretFile => ({
  ...{name, services: [], uid: 'operator', mode: 0o600, holds},
})
const url = (user: RedisUserName, database = 0): Holds => ({kind: 'redis-url', user, database})

/** Every file of the folder of secrets (ADR 0017). */
export const secretFiles: readonly SecretFile[] = [
  ofRedis('redis_acl', {kind: 'acl'}),
  ofRedis('redis_health', {kind: 'redis-password', user: 'health'}),
  ofService('worker_broker_url', 'celery-worker', uids.app, url('worker')),
  ofService('worker_result_url', 'celery-worker', uids.app, url('worker', 1)),
  ofService('flower_broker_url', 'flower', uids.app, url('flower')),
  ofService('flower_result_url', 'flower', uids.app, url('flower', 1)),
  ofService('flower_auth', 'flower', uids.app, {kind: 'pair', of: 'flower'}),
  ofService('recorder_redis_url', 'recorder', uids.recorder, url('recorder')),
  ofService('proxy_users', 'proxy', uids.proxy, {kind: 'proxy-users'}),
  ofService('proxy_upstream', 'proxy', uids.proxy, {kind: 'proxy-upstream'}),
  ofService('tls_cert', 'proxy', uids.proxy, {kind: 'pem'}),
  ofService('tls_key', 'proxy', uids.proxy, {kind: 'pem'}),
  ofRedis('redis_tls', {kind: 'pem'}),
  {
    name: 'redis_ca',
    services: ['redis', 'celery-worker', 'flower', 'recorder'],
    uid: uids.redis,
    // A certificate of an authority is no secret, and four services with two uids read it.
    mode: 0o444,
    holds: {kind: 'pem'},
    live: true,
  },
  ofOperator('hub-mon_ask', url('hub-mon-ask')),
  ofOperator('hub-mon_passive', url('hub-mon-passive')),
  ofOperator('hub-mon_act', url('hub-mon-act')),
  ofOperator('hub-mon_admin', url('hub-mon-admin')),
  ofOperator('hub-mon_flower', {kind: 'pair', of: 'flower'}),
  ofOperator('login', {kind: 'pair', of: 'login'}),
]

/** Where the proxy keeps its certificates and its own authority. */
export const proxyData = {name: 'proxy-data', uid: uids.proxy, mode: 0o700} as const

export const folderMode = 0o700

export function isLive({live}: SecretFile): boolean {
  return live === true
}

/** When a service that runs was last left with an earlier file, in epoch milliseconds: what is written in place it has. */
export function leftBehindAt(name: string, times: {born: number; changed: number}): number {
  return isLive(secretFile(name)) ? times.born : times.changed
}

export function secretFile(name: string): SecretFile {
  const found = secretFiles.find(file => file.name === name)
  if (found === undefined) throw new Error(`no file of secrets is called ${name}`)
  return found
}
