// No check cries wolf on a hub of several nodes: doctor, again and again, under mixed traffic. SOAK_RUNS=5 for a taste.
//   node --import tsx test/bench/soak-nodes.ts
import {onHostHub} from '../services/host-hub.ts'

const runs = Number(process.env.SOAK_RUNS ?? 20)
const pauseSeconds = Number(process.env.SOAK_PAUSE ?? 1)

/** Quick and slow tasks, with priorities and ETAs, acknowledged early and late, some tried again, one in a hundred failing. */
const traffic = `
import random, time, tasks
end = time.time() + ${runs * (pauseSeconds + 20)}
n = 0
while time.time() < end:
    n += 1
    queue = random.choice(['celery', 'celery', 'mail'])
    way = {'queue': queue, 'priority': random.choice([0, 3, 6, 9])}
    if n % 100 == 0: tasks.boom.apply_async(('no',), **way)
    elif n % 25 == 0: tasks.again.apply_async(**way)
    elif n % 20 == 0: tasks.sleepy.apply_async((3,), **way)
    elif n % 10 == 0: tasks.late.apply_async((1,), **way)
    elif n % 7 == 0: tasks.add.apply_async((1, 2), countdown=random.randrange(1, 60), **way)
    elif n % 50 == 1:
        for _ in range(8): tasks.add.apply_async((1, 2), **way)
    else: tasks.add.apply_async((1, 'x' * random.randrange(2000)), **way)
    time.sleep(0.1)
`

let alarms = 0
let slowest = 0
await onHostHub({}, async ({app, doctor}) => {
  await app.worker('-n', 'one@test', '-c', '2', '-E')
  await app.worker('-n', 'two@test', '-c', '2', '-E', '-Q', 'celery,mail')
  await app.worker('-n', 'three@test', '-P', 'threads', '-c', '4', '-E', '-Q', 'mail')
  const sending = app.start(traffic)
  for (let run = 1; run <= runs; run += 1) {
    const start = performance.now()
    const {alarms: raised, of} = await doctor()
    slowest = Math.max(slowest, performance.now() - start)
    alarms += raised.length
    for (const check of raised)
      process.stdout.write(`run ${run}: ${of(check).status} ${check}: ${of(check).message}\n`)
    await new Promise(resolve => setTimeout(resolve, pauseSeconds * 1000))
  }
  sending.kill()
})
process.stdout.write(
  `${runs} runs on 3 nodes, ${alarms} false alarms, the slowest took ${(slowest / 1000).toFixed(1)} s\n`,
)
process.exitCode = alarms === 0 ? 0 : 1
