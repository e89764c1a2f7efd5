import type {HubError} from '../errors/hub-error.ts'
import type {Verdict} from '../report/report.ts'

/** What `--json` prints: one document, also for errors. Keys are only ever added within a schema version. */
export type Envelope = {
  /** e.g. `hub-mon/doctor@1`; a JSON Schema of that name is in `schemas/`. */
  schema: string
  /** Version of hub-mon. */
  version: string
  /** ISO 8601, UTC. */
  generatedAt: string
  command: string
  ok: boolean
  verdict: Verdict | null
  exitCode: number
  data: unknown
  warnings: string[]
  error: ErrorDocument | null
}

export type ErrorDocument = {
  code: string
  message: string
  detail: string | null
  suggestions: string[]
  docs: string | null
}

type Frame = {command: string; version: string; warnings: readonly string[]}

export function resultEnvelope(
  frame: Frame,
  result: {schema: string; verdict: Verdict | null; exitCode: number; data: unknown},
): Envelope {
  return {
    schema: result.schema,
    version: frame.version,
    generatedAt: new Date().toISOString(),
    command: frame.command,
    ok: result.exitCode === 0,
    verdict: result.verdict,
    exitCode: result.exitCode,
    data: result.data,
    warnings: [...frame.warnings],
    error: null,
  }
}

export function errorEnvelope(frame: Frame, error: HubError): Envelope {
  return {
    schema: 'hub-mon/error@1',
    version: frame.version,
    generatedAt: new Date().toISOString(),
    command: frame.command,
    ok: false,
    verdict: null,
    exitCode: error.exit,
    data: null,
    warnings: [...frame.warnings],
    error: {
      code: error.code,
      message: error.message,
      detail: error.detail,
      suggestions: [...error.suggestions],
      docs: error.docs,
    },
  }
}
