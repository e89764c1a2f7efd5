import {readFile} from 'node:fs/promises'
import type {Answer} from '../../snapshot/collect.ts'
import type {ComposeBinary, ComposeConfig, ComposeFacts} from '../../snapshot/compose.ts'
import type {RoleNames} from '../../snapshot/role.ts'
import type {Secrets} from '../../snapshot/secrets.ts'
import {parseConfig, parseHashes} from './config.ts'
import {cleanLine, type ProcessResult} from './process.ts'
import {askCompose, type ComposeProject} from './project.ts'

export type ComposeQuery = ComposeProject & {
  file: string
  services: RoleNames
  /** Filled with the secrets that the file gives to its services. */
  secrets: Secrets
  /** Tells a password that everybody knows. Without it, none is looked for. */
  isKnownDefault?: (password: string) => boolean
}

/**
 * What Compose makes of the file. A file that it refuses is no failure of ours to read: the facts have no
 * `config` then, and the error `file-invalid` says why in Compose's words.
 */
export async function readCompose(
  binary: ComposeBinary,
  query: ComposeQuery,
  signal: AbortSignal,
): Promise<Answer<ComposeFacts>> {
  const {shown, hashed} = await (binary.major === 2 ? askPlugin : askOld)(binary, query, signal)
  const refused = (words: string): Answer<ComposeFacts> => ({
    value: {binary, config: null},
    error: {code: 'file-invalid', message: query.secrets.mask(words)},
  })
  if (shown.exitCode !== 0) {
    // Compose quotes what it refuses, and has told us of no secret.
    query.secrets.addLines(await readFile(query.file, 'utf8').catch(() => ''))
    return refused(reasonOf(shown.stderr || shown.stdout))
  }
  let parsed: ComposeConfig
  try {
    const hashes = hashed?.exitCode === 0 ? parseHashes(hashed.stdout) : new Map<string, string>()
    parsed = await parseConfig(shown.stdout, query, hashes)
  } catch (error) {
    return refused(`Compose's own output could not be understood: ${(error as Error).message}`)
  }
  return {value: {binary, config: parsed}}
}

type Asked = {shown: ProcessResult; hashed: ProcessResult | null}

/**
 * `up` hashes a service after its `env_file` has been read, `config --hash` before, so that the two differ for
 * services that have one. The resolved file has none any more: its hashes are those that containers carry.
 */
async function askPlugin(binary: ComposeBinary, query: ComposeQuery, signal: AbortSignal): Promise<Asked> {
  const shown = await askCompose(binary, ['config', '--format', 'json'], query, signal)
  if (shown.exitCode !== 0) return {shown, hashed: null}
  const resolved = {...query, file: '-'}
  return {shown, hashed: await askCompose(binary, ['config', '--hash', '*'], resolved, signal, shown.stdout)}
}

/** Compose v1 takes more than half a second for each. */
async function askOld(binary: ComposeBinary, query: ComposeQuery, signal: AbortSignal): Promise<Asked> {
  const [shown, hashed] = await Promise.all([
    askCompose(binary, ['config'], query, signal),
    askCompose(binary, ['config', '--hash', '*'], query, signal),
  ])
  return {shown, hashed}
}

const longestReason = 1000

/** The line that says what is wrong, and the next one where it only announces. */
export function reasonOf(output: string): string {
  const lines = output
    .split('\n')
    .map(line => cleanLine(line).trim())
    .filter(line => line !== '' && !/level=warning|^WARN/i.test(line))
  const first = (lines[0] ?? 'Compose gave no reason').replace(/^ERROR: /, '')
  const reason = first.endsWith(':') && lines[1] !== undefined ? `${first} ${lines[1]}` : first
  return reason.slice(0, longestReason)
}
