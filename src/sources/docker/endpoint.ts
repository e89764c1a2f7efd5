import {createHash} from 'node:crypto'
import {access, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {homeDirectory} from '../../config/home-directory.ts'
import {SourceError} from '../../snapshot/source-error.ts'

/** Where the engine listens. */
export type Endpoint =
  | {kind: 'socket'; path: string}
  | {
      kind: 'tcp'
      host: string
      port: number
      /** `null` speaks plain HTTP. */
      tls: {ca?: string; cert?: string; key?: string} | null
    }

/** For people: `unix:///var/run/docker.sock`, `tcp://10.0.0.1:2376`. */
export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === 'socket' ? `unix://${endpoint.path}` : `tcp://${endpoint.host}:${endpoint.port}`
}

/**
 * The endpoint that the docker command line would use: `DOCKER_HOST`, else the context named by `DOCKER_CONTEXT`
 * or by its configuration, else the socket of this machine. Throws `wrong-host` for one we cannot speak to.
 */
export async function findEndpoint(environment: NodeJS.ProcessEnv): Promise<Endpoint> {
  const configured = environment.DOCKER_HOST
  if (configured !== undefined && configured !== '') {
    const certificates = environment.DOCKER_CERT_PATH
    const wantsTls = (environment.DOCKER_TLS_VERIFY ?? '') !== ''
    return parseEndpoint(configured, 'DOCKER_HOST', certificates, wantsTls)
  }
  const directory = environment.DOCKER_CONFIG ?? join(homeDirectory(), '.docker')
  const context = environment.DOCKER_CONTEXT || (await currentContext(directory)) || 'default'
  if (context !== 'default') return contextEndpoint(directory, context)
  return {kind: 'socket', path: await defaultSocket()}
}

async function parseEndpoint(
  text: string,
  from: string,
  certificates: string | undefined,
  wantsTls: boolean,
): Promise<Endpoint> {
  if (text.startsWith('unix://'))
    return {kind: 'socket', path: text.slice('unix://'.length) || (await defaultSocket())}
  if (text.startsWith('npipe://')) return {kind: 'socket', path: text.slice('npipe://'.length)}
  if (text.startsWith('ssh://')) {
    throw new SourceError(
      'wrong-host',
      `${from} is an ssh address, which hub-mon does not speak; forward the socket instead: ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST, then DOCKER_HOST=unix:///tmp/docker.sock`,
    )
  }
  const url = parseUrl(text.includes('://') ? text : `tcp://${text}`)
  if (url === null || url.hostname === '')
    throw new SourceError('wrong-host', `${from} is not an address: expected unix:///… or tcp://host:port`)
  const secure = wantsTls || url.protocol === 'https:' || url.port === '2376'
  return {
    kind: 'tcp',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 2376 : 2375) : Number(url.port),
    tls: secure ? await readCertificates(certificates) : null,
  }
}

function parseUrl(text: string): URL | null {
  try {
    // A known scheme, so that the host is taken apart by the same rules everywhere.
    return new URL(text.replace(/^(tcp|http):\/\//, 'http://'))
  } catch {
    return null
  }
}

async function readCertificates(
  directory: string | undefined,
): Promise<{ca?: string; cert?: string; key?: string}> {
  if (directory === undefined || directory === '') return {}
  const found: {ca?: string; cert?: string; key?: string} = {}
  for (const name of ['ca', 'cert', 'key'] as const) {
    const text = await readFile(join(directory, `${name}.pem`), 'utf8').catch(() => null)
    if (text !== null) found[name] = text
  }
  return found
}

async function currentContext(directory: string): Promise<string | null> {
  const config = await readJson(join(directory, 'config.json'))
  return typeof config?.currentContext === 'string' ? config.currentContext : null
}

async function contextEndpoint(directory: string, context: string): Promise<Endpoint> {
  // The docker command line names a context's folder by the digest of its name.
  const folder = createHash('sha256').update(context).digest('hex')
  const meta = await readJson(join(directory, 'contexts', 'meta', folder, 'meta.json'))
  const endpoints = meta?.Endpoints as {docker?: {Host?: unknown}} | undefined
  const host = endpoints?.docker?.Host
  if (typeof host !== 'string')
    throw new SourceError(
      'wrong-host',
      `the docker context ${context} has no endpoint; see: docker context ls`,
    )
  const certificates = join(directory, 'contexts', 'tls', folder, 'docker')
  const secure = await access(certificates).then(
    () => true,
    () => false,
  )
  return parseEndpoint(host, `the docker context ${context}`, certificates, secure)
}

async function readJson(path: string): Promise<Record<string, unknown> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Docker Desktop puts its socket into the home directory. */
async function defaultSocket(): Promise<string> {
  if (process.platform === 'win32') return '//./pipe/docker_engine'
  const desktop = join(homeDirectory(), '.docker', 'run', 'docker.sock')
  return access(desktop).then(
    () => desktop,
    () => '/var/run/docker.sock',
  )
}
