import type Docker from 'dockerode'
import {SourceError} from '../../snapshot/source-error.ts'
import {boundAnswers, notDocker} from './answers.ts'
import {describeEndpoint, type Endpoint, findEndpoint} from './endpoint.ts'

/** A Docker engine to ask. Opaque outside of this folder. */
export type Engine = {
  client: Docker
  /** For people: `unix:///var/run/docker.sock`. */
  address: string
  /** True when it is reached over this machine's own socket. */
  local: boolean
  /** True when `DOCKER_HOST` names it: then the name may be what is wrong. */
  named: boolean
}

/** Where nothing is when the engine does not run. */
const usualAddress = 'unix:///var/run/docker.sock'

/**
 * The engine that the docker command line would talk to; nothing is asked of it yet.
 * Throws a `SourceError` `wrong-host` when the address is none that we can speak to.
 */
export async function openDocker(environment: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const endpoint = await findEndpoint(environment)
  const {default: Client} = await import('dockerode')
  const client = new Client(clientOptions(endpoint))
  const address = describeEndpoint(endpoint)
  boundAnswers(client, address)
  return {
    client,
    address,
    local: endpoint.kind === 'socket',
    named: Boolean(environment.DOCKER_HOST),
  }
}

/** Everything is given, because dockerode would fill gaps from `DOCKER_HOST` of its own accord. */
function clientOptions(endpoint: Endpoint): Docker.DockerOptions {
  if (endpoint.kind === 'socket') return {socketPath: endpoint.path}
  return {
    host: endpoint.host,
    port: endpoint.port,
    protocol: endpoint.tls === null ? 'http' : 'https',
    ...endpoint.tls,
  }
}

/** An answer of the engine, or a `SourceError` that says in our words why there is none. */
export async function asked<T>(engine: Engine, answer: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw toSourceError(engine, error, signal)
  }
}

export function toSourceError(engine: Engine, error: unknown, signal?: AbortSignal): SourceError {
  if (error instanceof SourceError) return error
  const {code, statusCode, message} = error as {code?: unknown; statusCode?: unknown; message?: unknown}
  const words = String(message ?? error).trim()
  if (signal?.aborted === true)
    return new SourceError('timeout', `the Docker engine at ${engine.address} did not answer in time`)
  switch (code) {
    case 'ENOENT':
      if (engine.named && engine.address !== usualAddress)
        return new SourceError(
          'wrong-host',
          `DOCKER_HOST names ${engine.address}, and there is no such socket`,
        )
      return new SourceError('not-running', `the Docker engine is not running: nothing at ${engine.address}`)
    case 'ECONNREFUSED':
      // Nothing that is started here answers at an address elsewhere.
      if (!engine.local)
        return new SourceError('wrong-host', `no Docker engine listens at ${engine.address} (${code})`)
      return new SourceError('not-running', `the Docker engine is not running: ${engine.address} refuses`)
    case 'EACCES':
    case 'EPERM':
      return new SourceError('permission', `no permission to use the Docker engine at ${engine.address}`)
    case 'ETIMEDOUT':
      return new SourceError('timeout', `the Docker engine at ${engine.address} did not answer in time`)
    case 'ECONNRESET':
    case 'EPIPE':
      return new SourceError(
        'broken-off',
        `${engine.address} broke off before the Docker engine had answered`,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EPROTO':
      return new SourceError('wrong-host', `no Docker engine can be reached at ${engine.address} (${code})`)
  }
  if (typeof code === 'string' && code.startsWith('HPE_'))
    return notDocker(engine.address, 'it does not speak HTTP')
  if (isCertificateError(code) || words.includes('HTTP request to an HTTPS server'))
    return new SourceError(
      'wrong-host',
      `the TLS settings do not fit the engine at ${engine.address}: ${words}`,
    )
  const status = typeof statusCode === 'number' ? ` (HTTP ${statusCode})` : ''
  return new SourceError('api', `the Docker engine at ${engine.address} failed${status}: ${words}`)
}

function isCertificateError(code: unknown): boolean {
  return typeof code === 'string' && /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)
}

/** True for the engine's 404: no such container, image or volume. */
export function isMissing(error: unknown): boolean {
  return (error as {statusCode?: unknown}).statusCode === 404
}
