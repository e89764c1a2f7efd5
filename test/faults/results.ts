import {mkdir, readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import type {Listed} from './catalogue.ts'

/** What a fault that held gave: a row of docs/faults.md. */
export type Result = {
  id: string
  title: string
  check: string
  /** Doctor's first line, with the names that every hub has. */
  message: string
  /** Of the whole process, in seconds. */
  seconds: number
  /** What a person had to decide, and to do; `null` where a command was all. */
  decision: string | null
  /** What was typed, word for word; `null` where the decision was all. */
  typed: string | null
}

const folder = path.join(import.meta.dirname, '.results')
const fileOf = (id: string) => path.join(folder, `${id.replace('/', '.')}.json`)

export async function keepResult(result: Result): Promise<void> {
  await mkdir(folder, {recursive: true})
  await writeFile(fileOf(result.id), `${JSON.stringify(result, null, 2)}\n`)
}

/** Of the last run that it held in, if there was one here. */
export async function resultOf({id}: Listed): Promise<Result | null> {
  const text = await readFile(fileOf(id), 'utf8').catch(() => null)
  return text === null ? null : JSON.parse(text)
}

/** Hubs of the tests have names, ports and folders of their own. */
export function withUsualNames(
  text: string,
  {project, folder: place}: {project?: string; folder: string},
): string {
  return [...(project === undefined ? [] : [[project, 'hub'] as const]), [place, '/srv/hub'] as const]
    .reduce((told, [name, usual]) => told.replaceAll(name, usual), text)
    .replace(/(127\.0\.0\.1:|127\.0\.0\.1 -p |port |publish=|FLOWER_PORT=|http\.server )\d{4,5}\b/g, '$1PORT')
    .replace(/\bpid \d+/g, 'pid PID')
}
