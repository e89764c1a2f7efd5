import {columns, rowsOf} from './columns.ts'
import type {ExportFormat} from './format.ts'

const end = '\r\n'
/** A spreadsheet takes what begins like this for a formula, and runs it. */
const formula = /^[=+\-@\t\r]/
const special = /[",\r\n]/

/** RFC 4180: a line of names, a line a row, CRLF. A name that a spreadsheet would run has a `'` before it. */
export const csv: ExportFormat = async function* (buckets) {
  yield columns.map(({name}) => name).join(',') + end
  for await (const bucket of buckets)
    yield rowsOf(bucket)
      .map(row => columns.map(({of}) => field(of(row))).join(',') + end)
      .join('')
}

function field(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const harmless = formula.test(value) ? `'${value}` : value
  return special.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
