import type Docker from 'dockerode'
import type {Container, ContainerStats, StatsFacts} from '../../snapshot/docker.ts'
import {type Engine, isMissing, toSourceError} from './engine.ts'

/**
 * CPU and memory of the containers that run. The engine takes two samples a second apart, so this takes one to
 * two seconds. A container that goes meanwhile is left out.
 */
export async function readStats(
  engine: Engine,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<StatsFacts> {
  const measured = await Promise.all(
    containers
      .filter(container => container.state === 'running' || container.state === 'paused')
      .map(async container => {
        try {
          const options = {stream: false as const, abortSignal: signal}
          const raw = await engine.client.getContainer(container.id).stats(options)
          return measure(container, raw)
        } catch (error) {
          if (isMissing(error)) return null
          throw toSourceError(engine, error, signal)
        }
      }),
  )
  return {containers: measured.filter(stats => stats !== null)}
}

/** What the engine leaves out on some kernels and in podman. */
type RawStats = {
  cpu_stats?: Partial<Docker.CPUStats>
  precpu_stats?: Partial<Docker.CPUStats>
  memory_stats?: {
    usage?: number
    limit?: number
    stats?: {total_inactive_file?: number; inactive_file?: number}
  }
}

export function measure(
  container: Pick<Container, 'name' | 'service' | 'role' | 'limits'>,
  raw: RawStats,
): ContainerStats {
  const online = raw.cpu_stats?.online_cpus || raw.cpu_stats?.cpu_usage?.percpu_usage?.length || 1
  const cpus = container.limits.cpus ?? online
  const used = usedCpus(raw, online)
  const memoryBytes = usedMemory(raw)
  const ceiling = container.limits.memoryBytes ?? raw.memory_stats?.limit ?? 0
  return {
    name: container.name,
    service: container.service,
    role: container.role,
    cpuRatio: used === null ? null : used / cpus,
    cpus,
    memoryBytes,
    memoryRatio: memoryBytes === null || ceiling === 0 ? null : memoryBytes / ceiling,
    memoryOf: container.limits.memoryBytes === null ? 'host' : 'limit',
  }
}

/** CPUs in use between the engine's two samples. */
function usedCpus({cpu_stats: now, precpu_stats: before}: RawStats, online: number): number | null {
  const system = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0)
  const used = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0)
  // Without an earlier sample the difference would be the average since the machine's start.
  if (!before?.system_cpu_usage || system <= 0 || used < 0) return null
  return (used / system) * online
}

/** Without the page cache that the kernel can drop: `total_inactive_file` in cgroup v1, `inactive_file` in v2. */
function usedMemory({memory_stats: memory}: RawStats): number | null {
  if (memory?.usage === undefined) return null
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0
  return Math.max(0, memory.usage - cache)
}
