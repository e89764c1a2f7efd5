import {maskCommand} from '../../snapshot/mask-command.ts'
import {namesSecret, type Secrets} from '../../snapshot/secrets.ts'
import {SourceError} from '../../snapshot/source-error.ts'
import {findCompose} from './find-compose.ts'
import {askCompose, type ComposeProject} from './project.ts'
import {reasonOf} from './read-compose.ts'

/**
 * The compose file as Compose resolves it, as YAML with what is secret by its name masked; the secrets are added to those that
 * are known. Throws a `SourceError`.
 */
export async function readShownConfig(
  project: ComposeProject,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<string> {
  try {
    const shown = await askCompose(await findCompose(signal), ['config'], project, signal)
    if (shown.exitCode !== 0)
      throw new SourceError('file-invalid', secrets.mask(reasonOf(shown.stderr || shown.stdout)))
    const {parse, stringify} = await import('yaml')
    return stringify(maskValue(parse(shown.stdout), [], secrets))
  } catch (error) {
    if (error instanceof SourceError) throw error
    throw signal.aborted
      ? new SourceError('timeout', 'Compose did not answer in time')
      : new SourceError('unexpected', `Compose's own output could not be understood`)
  }
}

/** Commands hold options that are secret, variables and everything else is judged by its name. */
export function maskValue(value: unknown, path: readonly string[], secrets: Secrets): unknown {
  const name = path.at(-1) ?? ''
  if (Array.isArray(value)) {
    if (isCommand(path)) return maskCommand(value.map(String), secrets)
    return value.map(item => maskValue(item, path, secrets))
  }
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, maskValue(item, [...path, key], secrets)]),
    )
  if (value === null || value === undefined || value === '') return value
  if (isCommand(path)) return maskCommand(String(value).split(/\s+/), secrets).join(' ')
  // A file that is written into the compose file, or a line `NAME=value`.
  const said = /^([A-Za-z_]\w*)=(.*)$/s.exec(String(value))
  if (said !== null && namesSecret(said[1] ?? '')) {
    secrets.addEnvironment({[said[1] ?? '']: said[2]})
    return `${said[1]}=***`
  }
  if (name === 'content' && ['configs', 'secrets'].includes(path[0] ?? '')) return '***'
  if (!namesSecret(name) || typeof value === 'boolean' || path.length < 3) return value
  secrets.addEnvironment({[name]: String(value)})
  return '***'
}

function isCommand(path: readonly string[]): boolean {
  const [kind, , ...rest] = path
  return kind === 'services' && ['command', 'entrypoint', 'test'].includes(rest.at(-1) ?? '')
}
