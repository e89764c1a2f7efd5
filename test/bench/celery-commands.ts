import {tmpdir} from 'node:os'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {startRedis} from '../services/redis.ts'
import {hubMon, type Row, run, type Side, timeProcess} from './race.ts'

/** Eight times faster. */
const aim = 0.125

const races: [own: string[], beside: string[]][] = [
  [['workers'], ['inspect', 'stats']],
  [['workers'], ['status']],
  [
    ['workers', 'ping'],
    ['inspect', 'ping'],
  ],
]

/** Whole processes: hub-mon beside the commands of Celery that answer the same question, with so many workers. */
export async function celeryCommandRows(workers: number, rounds: number): Promise<Row[]> {
  const redis = await startRedis()
  const app = await createCeleryApp(redis.url)
  try {
    for (let nth = 1; nth <= workers; nth += 1) await app.worker('--concurrency=1', '-n', `w${nth}@bench`)
    const rows: Row[] = []
    for (const [own, beside] of races)
      rows.push(
        await run({
          own: {
            name: `\`hub-mon ${own.join(' ')}\`, ${workers === 1 ? '1 worker' : `${workers} workers`}`,
            // Where no compose file lies, as Celery's side has none either: else its containers would be looked at, too.
            time: () => timeProcess({...hubMon(...own, '--redis-url', redis.url), cwd: tmpdir()}),
          },
          beside: celerySide(app, beside),
          aim,
          rounds,
        }),
      )
    return rows
  } finally {
    await app.stop()
    await redis.stop()
  }
}

/** As users type it, in the folder that the application lies in. */
function celerySide(app: CeleryApp, words: string[]): Side {
  return {
    name: `\`celery -A tasks ${words.join(' ')}\``,
    async time() {
      const start = performance.now()
      await app.celery(...words)
      return performance.now() - start
    },
  }
}
