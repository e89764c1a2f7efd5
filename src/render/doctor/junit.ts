import type {Finding} from '../../report/finding.ts'
import type {Report} from '../../report/report.ts'
import {clean} from '../text/clean.ts'
import type {Renderer, View} from '../view.ts'
import {byCategory} from './arrange.ts'
import {causeOf, detailLines} from './detail.ts'

/** A suite a category, a case a check. Critical is a failure, unknown an error; a warning is what `--fail-on` makes of it. */
export const renderJunit: Renderer = (report, view) => {
  // The order of checks, not of trouble: a CI server compares one run with the next.
  const suites = byCategory([...report.findings].sort((a, b) => compare(a.check, b.check)))
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="hub-mon doctor" ${totals(report.findings, view)}>`,
    ...suites.flatMap(([category, findings]) => suite(category, findings, report, view)),
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

function suite(category: string, findings: readonly Finding[], report: Report, view: View): string[] {
  const timestamp = report.takenAt.replace(/(\.\d+)?Z$/, '')
  return [
    `  <testsuite name="${xml(category)}" ${totals(findings, view)} timestamp="${xml(timestamp)}">`,
    ...findings.flatMap(finding => testCase(finding, report, view)),
    '  </testsuite>',
  ]
}

function testCase(finding: Finding, report: Report, view: View): string[] {
  const open = `    <testcase classname="hub-mon.${xml(finding.category)}" name="${xml(finding.check)}"`
  const inside = result(finding, report, view)
  return inside === null ? [`${open}/>`] : [`${open}>`, `      ${inside}`, '    </testcase>']
}

function result(finding: Finding, {findings}: Report, view: View): string | null {
  const message = xml(finding.message)
  const body = detailLines(finding, findings).map(xml).join('\n')
  switch (countsAs(finding, view)) {
    case 'failure':
      return `<failure type="${finding.status}" message="${message}">${body}</failure>`
    case 'error':
      return `<error type="unknown" message="${message}">${body}</error>`
    case 'skipped':
      return `<skipped message="${xml([finding.message, causeOf(finding, findings)].filter(part => part !== '').join('; '))}"/>`
    case 'pass':
      return finding.status === 'pass' ? null : `<system-out>${finding.status}: ${body}</system-out>`
  }
}

function countsAs({status}: Finding, {failOn = 'warning'}: View): 'pass' | 'failure' | 'error' | 'skipped' {
  if (status === 'critical') return 'failure'
  if (status === 'warning') return failOn === 'warning' ? 'failure' : 'pass'
  if (status === 'unknown') return 'error'
  return status === 'skipped' ? 'skipped' : 'pass'
}

function totals(findings: readonly Finding[], view: View): string {
  const of = (kind: string) => findings.filter(finding => countsAs(finding, view) === kind).length
  return `tests="${findings.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}"`
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Cleaned first: what XML refuses (control characters, noncharacters) is then spelt out. */
function xml(text: string): string {
  return clean(text).replace(/[&<>"']/g, character => entities[character] ?? character)
}
