import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

// An extra CA bundle is parsed by Node 20 at every start and doubles the yardstick.
const {NODE_EXTRA_CA_CERTS: _bundle, ...environment} = process.env
const env = {...environment, NODE_ENV: 'production', NO_COLOR: '1'}

export type Side = {
  /** As a user would type it. */
  name: string
  /** One measurement, in milliseconds. */
  time: () => number | Promise<number>
}

export type Race = {
  own: Side
  beside: Side
  /** What the ratio should not be above; `null` where there is no such aim. */
  aim: number | null
  rounds: number
}

export type Row = {
  own: string
  ownMs: number
  beside: string
  besideMs: number
  ratio: number
  aim: number | null
  rounds: number
}

/** In turns, after one of each that does not count, so that whatever the machine does it does to both. */
export async function run({own, beside, aim, rounds}: Race): Promise<Row> {
  await own.time()
  await beside.time()
  const times: {own: number[]; beside: number[]} = {own: [], beside: []}
  for (let round = 0; round < rounds; round += 1) {
    times.own.push(await own.time())
    times.beside.push(await beside.time())
  }
  const [ownMs, besideMs] = [median(times.own), median(times.beside)]
  const row = {own: own.name, ownMs, beside: beside.name, besideMs, ratio: ownMs / besideMs, aim, rounds}
  process.stderr.write(
    `${row.own} beside ${row.beside}: ${shown(ownMs)} and ${shown(besideMs)} ms, ${row.ratio.toFixed(3)}\n`,
  )
  return row
}

export function table(rows: readonly Row[]): string {
  return [
    '| what | median ms | beside | median ms | ratio | aim | rounds |',
    '| --- | ---: | --- | ---: | ---: | ---: | ---: |',
    ...rows.map(
      ({own, ownMs, beside, besideMs, ratio, aim, rounds}) =>
        `| ${own} | ${shown(ownMs)} | ${beside} | ${shown(besideMs)} | ${ratio.toFixed(ratio < 0.2 ? 3 : 2)} | ${aim === null ? '–' : `≤ ${aim}`} | ${rounds} |`,
    ),
  ].join('\n')
}

export type Command = {program: string; words: readonly string[]; cwd?: string; env?: NodeJS.ProcessEnv}

/** A whole process: from its start to its end, whatever it says. */
export function timeProcess({program, words, cwd = root, env: own = env}: Command): number {
  const start = performance.now()
  const {error} = spawnSync(program, words, {env: own, stdio: 'ignore', cwd})
  if (error) throw error
  return performance.now() - start
}

export function hubMon(...words: string[]): Command {
  return {program: process.execPath, words: [`${root}bin/run.js`, ...words]}
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function shown(ms: number): string {
  return ms.toFixed(ms < 20 ? 1 : 0)
}
