import {statSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import type {FileConfig} from './file-schema.ts'
import {homeDirectory} from './home-directory.ts'

const names = ['hub-mon.config.yaml', 'hub-mon.config.yml', 'hub-mon.config.json']

/** The file that was named by flag or variable, else the one that is found; absolute; `null` when there is none. */
export function configFileOf(
  flag: string | undefined,
  environment: NodeJS.ProcessEnv,
  directory: string,
): string | null {
  const named = flag ?? environment.HUB_MON_CONFIG
  return named ? path.resolve(directory, named) : findConfigFile(directory, environment)
}

/** The project's file, from the directory upwards, else the user's own; `null` when there is none. */
function findConfigFile(directory: string, environment: NodeJS.ProcessEnv): string | null {
  const userDirectory = path.join(
    environment.XDG_CONFIG_HOME || path.join(homeDirectory(), '.config'),
    'hub-mon',
  )
  const candidates = [
    ...ancestors(directory).flatMap(folder => names.map(name => path.join(folder, name))),
    ...['config.yaml', 'config.yml', 'config.json'].map(name => path.join(userDirectory, name)),
  ]
  return candidates.find(isFile) ?? null
}

/** The directory itself first, the root last. */
export function ancestors(directory: string): string[] {
  const parent = path.dirname(directory)
  return parent === directory ? [directory] : [directory, ...ancestors(parent)]
}

/** At once: two dozen places are looked at before each command, and the way by the thread pool costs more than the looking. */
export function isFile(candidate: string): boolean {
  try {
    return statSync(candidate, {throwIfNoEntry: false})?.isFile() ?? false
  } catch {
    return false
  }
}

/** Reads and validates; throws a `HubError` (78) that names each wrong path, why, and what may have been meant. */
export async function readConfigFile(file: string): Promise<FileConfig> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new HubError(
      'configuration',
      'config-unreadable',
      `cannot read ${file}: ${error.code ?? error.message}`,
      {
        suggestions: ['give another file with --config', 'hub-mon config init'],
      },
    )
  })
  const {parseDocument} = await import('yaml')
  const document = parseDocument(text)
  const [syntax] = document.errors
  if (syntax !== undefined)
    throw new HubError('configuration', 'config-syntax', `${file} is not valid YAML`, {
      detail: whatAndWhere(syntax),
    })
  return validate(document.toJS() ?? {}, file)
}

/** Without the line itself and the words that it quotes: there may be a password in them. */
function whatAndWhere({
  message,
  linePos,
}: {
  message: string
  linePos?: [{line: number; col: number}, ...unknown[]]
}): string {
  const what = (message.split('\n')[0] ?? '').replace(/( at line \d+.*|: .*)$/, '')
  return linePos === undefined ? what : `line ${linePos[0].line}, column ${linePos[0].col}: ${what}`
}

async function validate(value: unknown, file: string): Promise<FileConfig> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new HubError(
      'configuration',
      'config-invalid',
      `${file} wants settings by name, as in projectName: hub`,
    )
  const [{safeParse}, {fileSchema, knownKeys}, {closest}] = await Promise.all([
    import('valibot'),
    import('./file-schema.ts'),
    import('../errors/closest.ts'),
  ])
  const result = safeParse(fileSchema, value)
  if (result.success) return result.output
  const problems = result.issues.map(issue => {
    const keys = (issue.path ?? []).map(item => String(item.key))
    const unknownKey = issue.type === 'strict_object' && issue.expected === 'never'
    const guess = unknownKey ? closest(keys.at(-1) ?? '', knownKeys(keys.slice(0, -1))) : null
    const reason = unknownKey ? 'is no setting of hub-mon' : issue.message
    return `${keys.join('.') || 'the file'}: ${reason}${guess === null ? '' : `; did you mean ${guess}?`}`
  })
  throw new HubError('configuration', 'config-invalid', `${file} has ${countOf(problems.length)}`, {
    detail: problems.join('\n'),
    suggestions: ['hub-mon config init --stdout'],
  })
}

function countOf(problems: number): string {
  return problems === 1 ? 'a wrong setting' : `${problems} wrong settings`
}
