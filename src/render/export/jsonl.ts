import {columns, rowsOf} from './columns.ts'
import type {ExportFormat} from './format.ts'

/** An object a line, with every column; `null` where it says nothing. Names are as they are. */
export const jsonl: ExportFormat = async function* (buckets) {
  for await (const bucket of buckets)
    yield rowsOf(bucket)
      .map(row => `${JSON.stringify(Object.fromEntries(columns.map(({name, of}) => [name, of(row)])))}\n`)
      .join('')
}
