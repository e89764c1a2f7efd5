import type {Terminal} from './context.ts'

/** Decides once, per stream: colour and width by stdout, drawing by stderr. CI changes drawing and asking, never content. */
export function detectTerminal(
  flags: {color: boolean | undefined; json: boolean; quiet: boolean},
  environment: NodeJS.ProcessEnv,
  streams: {stdin: {isTTY?: boolean}; stdout: {isTTY?: boolean; columns?: number}; stderr: {isTTY?: boolean}},
): Terminal {
  const dumb = environment.TERM === 'dumb'
  const inCi = environment.CI !== undefined && environment.CI !== '' && environment.CI !== 'false'
  const stdoutIsTerminal = streams.stdout.isTTY === true
  const stderrIsTerminal = streams.stderr.isTTY === true
  return {
    columns: stdoutIsTerminal ? Math.max(streams.stdout.columns ?? 80, 40) : 100,
    color: wantsColor(flags.color, environment, stdoutIsTerminal && !dumb),
    stdoutIsTerminal,
    animate: stderrIsTerminal && !dumb && !inCi && !flags.json && !flags.quiet,
    canAsk: streams.stdin.isTTY === true && stderrIsTerminal && !inCi && !flags.json,
    unicode: speaksUnicode(environment),
  }
}

function wantsColor(flag: boolean | undefined, environment: NodeJS.ProcessEnv, otherwise: boolean): boolean {
  if (flag !== undefined) return flag
  if (environment.NO_COLOR) return false
  const forced = environment.FORCE_COLOR ?? environment.CLICOLOR_FORCE
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  return otherwise
}

/** A locale that is named and is not UTF-8 gets ASCII; none named is a container or cron, where UTF-8 is the rule today. */
function speaksUnicode(environment: NodeJS.ProcessEnv): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG
  return locale === undefined || locale === '' || /utf-?8/i.test(locale)
}
