import type {Container} from '../snapshot/docker.ts'
import {readKilled} from '../sources/docker/killed.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {readStack, type Stack} from './stack.ts'
import type {Step, StepReport} from './step.ts'

export type Quieted = {
  /** How many nodes take nothing more. */
  nodes: number
  /** Why others may still do. */
  warning: string | null
  /** Those in these containers take messages again. Never throws. */
  resume: (containers: readonly Container[]) => Promise<void>
}

export type Quieting = {
  /** What goes before the end; none where no node runs in these containers. */
  steps: Step[]
  /** Carries out what ends containers. Those that still run after it, whatever came of it, take messages again. */
  end: <T>(report: StepReport, work: () => Promise<T>) => Promise<T>
}

const lookSeconds = 5

/**
 * Lets the nodes in these containers take no more tasks before they are ended: one that ends while it waits for a message can take it
 * along (docs/adr/0019-nodes-are-quiet-before-they-end.md).
 */
export function quieting(stack: Stack, containers: readonly Container[]): Quieting {
  const workers = containers.filter(({role, state}) => role === 'worker' && state === 'running')
  if (workers.length === 0) return {steps: [], end: (_, work) => work()}
  let quieted: Quieted | null = null
  const services = [...new Set(workers.map(({service}) => service))].join(', ')
  return {
    steps: [
      {
        title: `Let ${services} take no more tasks`,
        async run(report) {
          quieted = await stack.quiet(workers)
          const {nodes, warning} = quieted
          report.done(nodes === 0 ? 'no node was told' : nodes === 1 ? '1 node' : `${nodes} nodes`)
          if (warning !== null)
            report.warn(
              `not every node was told to take no more: ${warning}; a task on its way to one that ends can be lost`,
            )
        },
      },
    ],
    async end(report, work) {
      const start = Date.now()
      try {
        const result = await work()
        await tellKilled(stack, workers, start, report)
        return result
      } finally {
        if (quieted !== null) await quieted.resume(await stillRunning(stack, workers))
      }
    },
  }
}

/** Those that have not been ended; all of them where that cannot be seen. Also when everything else is broken off. */
async function stillRunning(stack: Stack, containers: readonly Container[]): Promise<readonly Container[]> {
  const signal = timeLimit(lookSeconds)
  const view = await readStack({...stack, signal}).catch(() => null)
  if (view === null) return containers
  const now = new Map(view.facts.containers.map(({id, state, startedAt}) => [id, `${state} ${startedAt}`]))
  return containers.filter(({id, state, startedAt}) => now.get(id) === `${state} ${startedAt}`)
}

/** Says which were killed because they had not finished in time. */
async function tellKilled(
  stack: Stack,
  containers: readonly Container[],
  start: number,
  report: StepReport,
): Promise<void> {
  const signal = AbortSignal.any([stack.signal, timeLimit(lookSeconds)])
  const engineNow = async () => {
    const {facts} = await readStack({...stack, signal})
    return (facts.engine.clockOffsetSeconds ?? 0) + Date.now() / 1000
  }
  const until = await engineNow().catch(() => null)
  if (until === null) return
  const within = {since: until - (Date.now() - start) / 1000, until}
  // It is said besides: an engine that keeps no events says nothing of it.
  const killed = await readKilled(stack.engine, containers, within, signal).catch((): string[] => [])
  for (const {name, id} of containers)
    if (killed.includes(id))
      report.warn(
        `${name} had not finished in time and was killed: what it ran is lost, or run again if acknowledged late, and what it held comes back once the visibility timeout is over`,
      )
}
