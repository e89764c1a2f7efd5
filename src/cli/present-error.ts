import {closest} from '../errors/closest.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import type {Secrets} from '../snapshot/secrets.ts'
import {errorEnvelope} from './envelope.ts'

/** Around what a flag's own parser says. */
const wrapped = /^Parsing (--[\w-]+) *\n\t([\s\S]*?)(?:\nSee more help with --help)?$/

/** What the parser threw, without what oclif puts around it. A value of an argument is refused without any mark. */
export function asRefusal(thrown: unknown, words: string): unknown {
  if (!(thrown instanceof Error)) return thrown
  const [, flag = '', said] = wrapped.exec(thrown.message) ?? []
  if (thrown instanceof HubError) {
    if (said !== undefined) thrown.message = said
    return thrown
  }
  const help = {suggestions: [`hub-mon ${words} --help`]}
  if (said !== undefined) return new HubError('usage', 'usage', `${flag}: ${said}`, help)
  return cameFromParser(thrown) || thrown.constructor !== Error
    ? thrown
    : new HubError('usage', 'usage', thrown.message, help)
}

/** Any thrown value as an error for people. What is not ours is a bug of ours. */
export function asHubError(thrown: unknown, command?: {words: string; flags: readonly string[]}): HubError {
  if (thrown instanceof HubError) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (cameFromParser(error)) {
    const [message = '', ...rest] = error.message.split('\n')
    const detail = rest.filter(line => line !== '' && !line.startsWith('See more help')).join('\n')
    return new HubError('usage', 'usage', message, {
      detail: detail === '' ? null : detail,
      suggestions: command === undefined ? ['hub-mon --help'] : suggested(message, command),
    })
  }
  return new HubError('bug', 'bug', `hub-mon itself failed: ${error.message}`, {
    suggestions: ['DEBUG=hub-mon hub-mon … prints where; please report it with that'],
    cause: error,
  })
}

/** The flag that was meant, else the help. */
function suggested(message: string, {words, flags}: {words: string; flags: readonly string[]}): string[] {
  const unknown = /^Nonexistent flags?: --?([\w-]+)/.exec(message)?.[1]
  const guess = unknown === undefined ? null : closest(unknown, flags)
  return [...(guess === null ? [] : [`hub-mon ${words} --${guess}`]), `hub-mon ${words} --help`]
}

/** oclif marks what its parser refuses with the exit code that package.json gives it. */
function cameFromParser(error: Error): boolean {
  return 'oclif' in error
}

/** Writes the error where it belongs and sets the exit code. A stack trace only when asked for. */
export function presentError(
  error: HubError,
  frame: {
    command: string
    version: string
    json: boolean
    /** Of the JSON document; 0 is a single line. */
    indent: number
    warnings: readonly string[]
    secrets: Secrets
  },
): void {
  process.exitCode = error.exit
  if (frame.json) {
    const document = frame.secrets.maskDeep(errorEnvelope(frame, error))
    process.stdout.write(`${JSON.stringify(document, null, frame.indent)}\n`)
  } else {
    process.stderr.write(frame.secrets.mask(errorText(error)))
  }
  if (/(^|,)(hub-mon|\*)/.test(process.env.DEBUG ?? '')) {
    const cause = error.cause instanceof Error ? error.cause : error
    process.stderr.write(`${frame.secrets.mask(cause.stack ?? String(cause))}\n`)
  }
}

function errorText(error: HubError): string {
  const indented = (lines: readonly string[]) => lines.map(line => `  ${clean(line)}`)
  const lines = [`Error: ${clean(error.message)}`]
  if (error.detail !== null) lines.push(...indented(error.detail.split('\n')))
  if (error.suggestions.length > 0) lines.push('Next:', ...indented(error.suggestions))
  if (error.docs !== null) lines.push(`More: ${error.docs}`)
  return `${lines.join('\n')}\n`
}
