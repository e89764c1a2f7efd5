import {randomUUID} from 'node:crypto'
import {createInterface} from 'node:readline'
import {namesFrom} from '../../src/sources/celery/names.ts'
import {askRound, openListener} from '../../src/sources/celery/nodes/round.ts'
import {type ConnectedReach, reachRedis} from '../../src/sources/redis/reach.ts'
import {createCeleryApp} from '../services/celery.ts'
import {startRedis} from '../services/redis.ts'
import {type Row, root, run} from './race.ts'

/** The first answer as soon as Celery's own client has it. */
const aim = 1

/** In one process, over a connection that is open: how long until the first node has answered a ping, and until all have. */
export async function openConnectionRows(workers: number, rounds: number): Promise<Row[]> {
  const redis = await startRedis()
  const app = await createCeleryApp(redis.url)
  const never = new AbortController().signal
  try {
    for (let nth = 1; nth <= workers; nth += 1) await app.worker('--concurrency=1', '-n', `w${nth}@bench`)
    const reach = await reachRedis(
      {url: redis.url, stack: Promise.resolve(null), deadlineSeconds: 5, onSecret: () => {}},
      never,
    )
    if (reach.kind !== 'connected') throw new Error('a typed address leads there')
    const python = app.program(`${root}test/bench/ping-by-python.py`)
    const lines = createInterface({input: python.stdout})[Symbol.asyncIterator]()
    const rows: Row[] = []
    const limits: [what: string, limit: number][] =
      workers === 1
        ? [['the answer', 1]]
        : [
            ['the first answer', 1],
            ['all answers', workers],
          ]
    for (const [what, limit] of limits)
      rows.push(
        await run({
          own: {
            name: `${what} to a ping, ${workers === 1 ? '1 worker' : `${workers} workers`}`,
            time: () => ping(reach, limit),
          },
          beside: {
            name: `\`app.control.ping(limit=${limit})\``,
            async time() {
              python.stdin.write(`${limit}\n`)
              return Number((await lines.next()).value)
            },
          },
          aim,
          rounds,
        }),
      )
    python.stdin.end()
    await reach.close()
    return rows
  } finally {
    await app.stop()
    await redis.stop()
  }

  async function ping(reach: ConnectedReach, limit: number): Promise<number> {
    const ticket = randomUUID()
    let replies = 0
    const listener = openListener(reach, never)
    await listener
    const start = performance.now()
    let answered = Number.NaN
    await askRound(
      reach,
      namesFrom([], reach.database),
      {
        requests: [{method: 'ping', arguments: {}, destination: null, ticket}],
        patienceSeconds: 5,
        listener,
        add: reply => {
          if (reply.ticket !== ticket) return
          replies += 1
          if (replies === limit) answered = performance.now() - start
        },
        // All are waited for, so that no late reply disturbs the next round.
        isComplete: () => replies >= workers,
      },
      never,
    )
    return answered
  }
}
