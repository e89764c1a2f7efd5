import {writeFileSync} from 'node:fs'
import {cpus} from 'node:os'
import {celeryCommandRows} from './celery-commands.ts'
import {deepQueueRows} from './deep-queue.ts'
import {fleetRows, fleetTable} from './fleet.ts'
import {historyRows} from './history.ts'
import {openConnectionRows} from './open-connection.ts'
import {page} from './page.ts'
import {root, table} from './race.ts'
import {recorderTables} from './recorder.ts'
import {startUpRows} from './start-up.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 25)
const fewer = Math.ceil(rounds / 2)

const parts = {
  startUp: async () => table(await startUpRows(rounds)),
  celery: async () => table([...(await celeryCommandRows(1, fewer)), ...(await celeryCommandRows(8, fewer))]),
  open: async () =>
    table([...(await openConnectionRows(1, rounds * 8)), ...(await openConnectionRows(8, rounds * 8))]),
  deep: async () => table(await deepQueueRows(fewer)),
  history: async () => table(await historyRows(fewer)),
  recorder: async () => recorderTables(Math.ceil(rounds / 5), rounds < 5 ? 10 : 30),
  fleet: async () => fleetTable(await fleetRows(Math.ceil(rounds / 5))),
}
type Part = keyof typeof parts

/** Measures everything, or the parts that are named (`npm run bench -- fleet deep`); `--write` makes the page, of everything alone. */
export async function bench(words: readonly string[]): Promise<void> {
  const named = words.filter(word => word in parts) as Part[]
  const write = words.includes('--write')
  if (write && named.length > 0) throw new Error('the page is made of all parts: --write without their names')
  const tables: Partial<Record<Part, string>> = {}
  for (const part of named.length > 0 ? named : (Object.keys(parts) as Part[])) {
    tables[part] = await parts[part]()
    process.stdout.write(`${tables[part]}\n\n`)
  }
  if (!write) return
  const machine = `Node ${process.version}, ${cpus().length} cores, ${process.platform}-${process.arch}`
  const day = new Date().toISOString().slice(0, 10)
  writeFileSync(
    `${root}docs/performance.md`,
    page(tables as Record<keyof typeof parts, string>, machine, day),
  )
}
