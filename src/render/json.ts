import type {Sample} from '../metrics/metric.ts'
import type {Evidence, Finding, Fix, Remedy} from '../report/finding.ts'
import type {Fixed} from '../report/fixes.ts'
import type {Report} from '../report/report.ts'
import {historyJson} from './history/json.ts'
import {commandLine} from './text/shell.ts'

/**
 * What `doctor --json` has as `data`: the report in base units, every key always there, `null` where there is
 * nothing. Values keep what came from the hub as it is: JSON escapes it by itself.
 */
export function reportJson(report: Report, fixes?: readonly Fixed[]) {
  return {
    ...frameOf(report),
    verdict: report.verdict,
    counts: {...report.counts},
    next: report.next === null ? null : commandOf(report.next),
    findings: report.findings.map(findingJson),
    samples: report.samples.map(sampleJson),
    ...(fixes === undefined ? {} : {fixes: fixes.map(fixedJson)}),
  }
}

/** What `stats --json` has as `data`: the same without findings. */
export function statsJson(report: Report) {
  const {verdict, samples, history} = report
  return {
    ...frameOf(report),
    verdict,
    samples: samples.map(sampleJson),
    ...(history === undefined ? {} : {history: history === null ? null : historyJson(history)}),
  }
}

function frameOf({tool, takenAt, target, unread}: Report) {
  return {
    tool,
    takenAt,
    target: {...target},
    unread: unread.map(({source, partial, code, message, because}) => ({
      source,
      partial,
      code,
      message,
      because: because ?? null,
    })),
  }
}

export function findingJson(finding: Finding) {
  const {check, category, title, status, message, evidence, affects, remedies, docs, becauseOf} = finding
  return {
    check,
    category,
    title,
    status,
    message,
    evidence: evidence.map(evidenceJson),
    affects: [...affects],
    remedies: remedies.map(remedyJson),
    docs,
    becauseOf: becauseOf ?? null,
  }
}

function evidenceJson({label, value, unit, bound}: Evidence) {
  return {label, value: finite(value), unit: unit ?? null, bound: bound ?? null}
}

function remedyJson({text, kind, command, fix}: Remedy) {
  const typed = command === undefined ? {command: null, line: null} : commandOf(command)
  return {text, kind, ...typed, fix: fix === undefined ? null : fixJson(fix)}
}

/** That `doctor --fix` can carry it out, and what that can lose. */
function fixJson(fix: Fix) {
  return {does: fix.does, risks: fix.does === 'restart' ? fix.risks : null}
}

function fixedJson({check, remedy, outcome, atRisk, message}: Fixed) {
  const {text, fix, command} = remedy
  return {check, text, ...commandOf(command), ...fixJson(fix), outcome, atRisk, message}
}

/** The words, for programs, and the line, quoted for a POSIX shell. */
function commandOf(command: readonly string[]) {
  return {command: [...command], line: commandLine(command)}
}

const ofIncomplete = 'of an incomplete window'

function sampleJson(sample: Sample) {
  const {metric, title, labels, unit, value, level, target, targetMet, alerts} = sample
  const {source, since, samples, leastSamples, incomplete, note} = sample
  return {
    metric,
    title,
    labels: {...labels},
    unit,
    value: finite(value),
    level,
    target,
    targetMet,
    alerts: {...alerts},
    source,
    since,
    samples,
    leastSamples,
    note: incomplete ? [...(note === undefined ? [] : [note]), ofIncomplete].join('; ') : (note ?? null),
  }
}

/** JSON has no NaN or infinity: what is no number could not be measured. */
function finite<T>(value: T): T | null {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}
