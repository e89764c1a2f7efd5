import type {WorkerService} from './celery.ts'
import type {HostHub} from './host-hub.ts'

export type Soaked = {
  runs: number
  /** What was raised of a hub that is well, a line each. */
  falseAlarms: string[]
  /** How often a node was restarted or its pool changed, and how often doctor said so of a node that was really away. */
  changes: number
  told: number
  slowestSeconds: number
}

const nodes = ['one@test', 'two@test'] as const

/**
 * Quick and slow tasks with priorities and ETAs, acknowledged early and late, some tried again, one in a hundred failing. One node
 * alone can do them all, and what waits behind its slow ones while the other is away is no backlog.
 */
const traffic = (seconds: number) => `
import random, time, tasks
end = time.time() + ${seconds}
n = 0
while time.time() < end:
    n += 1
    way = {'queue': random.choice(['celery', 'celery', 'mail']), 'priority': random.choice([0, 3, 6, 9])}
    if n % 100 == 0: tasks.add.apply_async((1, 'one'), **way)
    elif n % 60 == 0: tasks.sleepy.apply_async((1,), **way)
    elif n % 25 == 0: tasks.again.apply_async(**way)
    elif n % 20 == 0: tasks.late.apply_async((0.3,), **way)
    elif n % 7 == 0: tasks.add.apply_async((1, 2), countdown=random.randrange(1, 60), **way)
    elif n % 3 == 0: tasks.sleepy.apply_async((0, 'x' * random.randrange(2000)), **way)
    else: tasks.add.apply_async((1, 2), **way)
    time.sleep(0.15)
`

/**
 * Runs doctor again and again on a busy hub of two nodes, while one node at a time is restarted or its pool grows and shrinks. What
 * is above a notice is a false alarm, unless it names a node that is away at that moment.
 */
export async function soak(
  hub: HostHub,
  {runs, pauseSeconds, tell = () => {}}: {runs: number; pauseSeconds: number; tell?: (line: string) => void},
): Promise<Soaked> {
  const start = (node: string) =>
    hub.app.worker('-n', node, '-c', '2', '-E', '-Q', 'celery,mail', '--without-mingle')
  const running = new Map<string, WorkerService>()
  for (const node of nodes) running.set(node, await start(node))
  const sending = hub.app.start(traffic(runs * (pauseSeconds + 20)))
  const result: Soaked = {runs, falseAlarms: [], changes: 0, told: 0, slowestSeconds: 0}
  const away = new Set<string>()

  const restart = async (node: string) => {
    away.add(node)
    await running.get(node)?.stop('SIGTERM')
    await new Promise(resolve => setTimeout(resolve, 2000))
    running.set(node, await start(node))
    away.delete(node)
  }
  const scale = async (node: string, way: 'grow' | 'shrink') => {
    const line = `hub-mon workers pool ${way} ${node} --yes --redis-url ${hub.redis.url}`
    const {code, stderr} = await hub.type(line)
    if (code !== 0) throw new Error(`${line}: ${stderr}`)
  }
  const look = async (run: number) => {
    const before = [...away]
    const {findings, seconds} = await hub.doctor()
    result.slowestSeconds = Math.max(result.slowestSeconds, seconds)
    // Who was away when it began, or went while it looked.
    const gone = new Set([...before, ...away])
    for (const finding of findings) {
      if (!['critical', 'warning', 'unknown'].includes(finding.status)) continue
      const said = JSON.stringify(finding)
      if ([...gone].some(node => said.includes(node))) {
        result.told += 1
        continue
      }
      const line = `run ${run}: ${finding.status} ${finding.check}: ${finding.message}`
      result.falseAlarms.push(line)
      tell(line)
    }
  }

  try {
    let change: Promise<void> = Promise.resolve()
    for (let run = 1; run <= runs; run += 1) {
      const node = nodes[Math.floor(run / 5) % nodes.length] ?? nodes[0]
      if (run % 5 === 1) {
        await change
        change = restart(node)
        change.catch(() => {})
      } else if (run % 5 >= 3) {
        await change
        change = scale(node, run % 5 === 3 ? 'grow' : 'shrink')
        change.catch(() => {})
      }
      if (run % 5 !== 0 && run % 5 !== 2) result.changes += 1
      await look(run)
      await new Promise(resolve => setTimeout(resolve, pauseSeconds * 1000))
    }
    await change
  } finally {
    sending.kill()
  }
  return result
}
