import type {Report} from '../report/report.ts'

/** How to print: decided by the command line and the terminal, never by a renderer. */
export type View = {
  columns: number
  color: boolean
  unicode: boolean
  /** False when piped: no borders, nothing cut. */
  fit: boolean
  verbosity: 'quiet' | 'normal' | 'verbose'
  /** From `--fail-on`: whether JUnit counts a warning as a failure, too; it does when this is absent. */
  failOn?: 'warning' | 'critical' | 'never'
}

/** A pure function of the report: no streams, no clock, no environment. Ends in a newline unless empty. */
export type Renderer = (report: Report, view: View) => string
