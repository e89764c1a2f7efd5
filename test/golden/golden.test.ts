import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {judgeAll} from '../../src/checks/judge.ts'
import {checks} from '../../src/checks/registry.ts'
import {evaluate} from '../../src/metrics/evaluate.ts'
import {metrics} from '../../src/metrics/registry.ts'
import {doctorFormats} from '../../src/render/doctor/registry.ts'
import {reportJson, statsJson} from '../../src/render/json.ts'
import {renderStats} from '../../src/render/stats/tables.ts'
import {width} from '../../src/render/text/width.ts'
import type {View} from '../../src/render/view.ts'
import {buildReport} from '../../src/report/build.ts'
import type {Report} from '../../src/report/report.ts'
import type {Snapshot} from '../../src/snapshot/snapshot.ts'
import * as handmade from './reports.ts'

/**
 * Every report in every format at every width, against files that a person has looked at.
 * A new snapshot, format or report extends the matrix by itself; `vitest -u` writes what has changed.
 */

const snapshots = new URL('../fixtures/snapshots/', import.meta.url)

function reportOf(file: string): Report {
  const snapshot: Snapshot = JSON.parse(readFileSync(new URL(file, snapshots), 'utf8'))
  const samples = metrics.flatMap(metric => evaluate(metric, snapshot))
  const phase = snapshot.beforeStart ? 'pre' : 'running'
  const asked = checks.filter(check => check.phase === phase || check.phase === 'always')
  return buildReport(snapshot, judgeAll(asked, snapshot), samples)
}

const {troubled, hostile, healthy, empty} = handmade
const reports: [name: string, report: Report][] = [
  ...readdirSync(snapshots)
    .filter(file => file.endsWith('.json'))
    .map((file): [string, Report] => [file.replace('.json', ''), reportOf(file)]),
  ['handmade-troubled', troubled],
  ['handmade-hostile', hostile],
  ['handmade-healthy', healthy],
  ['handmade-empty', empty],
]

const terminal: View = {columns: 80, color: false, unicode: true, fit: true, verbosity: 'normal'}
const piped: View = {...terminal, columns: 100, fit: false}
const views: Record<string, View> = {'80': terminal, '120': {...terminal, columns: 120}, piped}
const readings = Object.entries(views)

const golden = (name: string, how: string) => `./${name}/${how}.txt`

describe.each(reports)('%s', (name, report) => {
  test.each(readings)('doctor as a table, %s', async (how, view) => {
    await expect(doctorFormats.table(report, view)).toMatchFileSnapshot(golden(name, `table-${how}`))
  })

  test.each(readings)('stats, %s', async (how, view) => {
    await expect(await renderStats(report, view)).toMatchFileSnapshot(golden(name, `stats-${how}`))
  })

  test.each(['short', 'junit', 'github', 'markdown'] as const)('doctor as %s', async format => {
    const text = doctorFormats[format](report, piped)
    await expect(text).toMatchFileSnapshot(golden(name, format))
  })

  test('doctor and stats as JSON', async () => {
    const text = JSON.stringify({doctor: reportJson(report), stats: statsJson(report)}, null, 2)
    await expect(`${text}\n`).toMatchFileSnapshot(golden(name, 'json'))
  })

  test('no format lets a control character or an escape through', async () => {
    const texts = [
      ...readings.map(([, view]) => doctorFormats.table(report, {...view, verbosity: 'verbose'})),
      ...(await Promise.all(
        readings.map(([, view]) => renderStats(report, {...view, verbosity: 'verbose'})),
      )),
      ...Object.values(doctorFormats).map(render => render(report, piped)),
    ]
    for (const text of texts)
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
  })

  test('nothing but a command to copy is wider than the terminal', async () => {
    for (const columns of [60, 80, 120]) {
      const view: View = {...terminal, columns, verbosity: 'verbose'}
      const commands = report.findings.flatMap(({remedies}) => remedies.filter(({command}) => command).length)
      const wide = doctorFormats
        .table(report, view)
        .split('\n')
        .filter(line => width(line) > columns)
      // The last line has the command to type next.
      expect(wide.length).toBeLessThanOrEqual(commands.reduce((sum, many) => sum + many, 0) + 1)
      for (const line of (await renderStats(report, view)).trimEnd().split('\n').slice(0, -1))
        expect(width(line)).toBeLessThanOrEqual(columns)
    }
  })
})

describe('colour and symbols', () => {
  const coloured: View = {...terminal, columns: 100, color: true}
  const ascii: View = {...terminal, columns: 100, unicode: false}

  test('colours', async () => {
    const text = `${doctorFormats.table(troubled, coloured)}\n${await renderStats(troubled, coloured)}`
    await expect(text).toMatchFileSnapshot('./views/colour.txt')
    expect(text.replace(/\x1b\[\d+m/g, '')).toBe(
      `${doctorFormats.table(troubled, {...coloured, color: false})}\n${await renderStats(troubled, {...coloured, color: false})}`,
    )
  })

  test('without Unicode', async () => {
    const text = `${doctorFormats.table(troubled, ascii)}\n${await renderStats(troubled, ascii)}`
    await expect(text).toMatchFileSnapshot('./views/ascii.txt')
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  })

  test('verbose', async () => {
    const view: View = {...terminal, verbosity: 'verbose'}
    await expect(doctorFormats.table(troubled, view)).toMatchFileSnapshot('./views/verbose.txt')
  })

  test('quiet says nothing when nothing is wrong, and only problems else', async () => {
    const view: View = {...terminal, verbosity: 'quiet'}
    expect(doctorFormats.table(healthy, view)).toBe('')
    expect(doctorFormats.short(healthy, view)).toBe('')
    await expect(doctorFormats.table(troubled, view)).toMatchFileSnapshot('./views/quiet.txt')
  })

  test.each(['task', 'queue', 'worker'] as const)('stats by %s', async by => {
    await expect(await renderStats(troubled, {...terminal, columns: 120}, {by})).toMatchFileSnapshot(
      `./views/stats-by-${by}.txt`,
    )
  })
})
