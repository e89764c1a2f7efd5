import type {Settings} from '../config/settings.ts'
import type {Secrets} from '../snapshot/secrets.ts'

/** What every command works with; made once by the base command. */
export type Context = {
  settings: Settings
  secrets: Secrets
  /** Aborts on Ctrl-C and SIGTERM. */
  signal: AbortSignal
  /** Version of hub-mon. */
  tool: string
  /** Where hub-mon is installed: the folder of its package.json, compose file and sample hub. */
  root: string
  terminal: Terminal
  json: boolean
  quiet: boolean
  verbose: boolean
}

/** Decided per stream, once. */
export type Terminal = {
  /** Of stdout; 100 when piped. */
  columns: number
  /** stdout may be coloured. */
  color: boolean
  /** stdout is a terminal: borders, fitting to the width. */
  stdoutIsTerminal: boolean
  /** stderr may be redrawn: spinners. */
  animate: boolean
  /** A question can be asked: stdin and stderr are terminals, not CI, not `--json`. */
  canAsk: boolean
  unicode: boolean
}
