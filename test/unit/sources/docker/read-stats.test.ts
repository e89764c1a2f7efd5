import {describe, expect, it} from 'vitest'
import {measure} from '../../../../src/sources/docker/read-stats.ts'

const GiB = 1024 ** 3
const container = (limits: {cpus: number | null; memoryBytes: number | null}) => ({
  name: 'hub-celery-worker',
  service: 'celery-worker',
  role: 'worker' as const,
  limits,
})
const usage = (total: number) => ({
  total_usage: total,
  percpu_usage: [],
  usage_in_usermode: 0,
  usage_in_kernelmode: 0,
})
/** One of two CPUs was busy for a second. */
const cpu = {
  cpu_stats: {cpu_usage: usage(3e9), system_cpu_usage: 22e9, online_cpus: 2},
  precpu_stats: {cpu_usage: usage(2e9), system_cpu_usage: 20e9, online_cpus: 2},
}

describe('measure', () => {
  it('gives the share of all CPUs without a limit', () => {
    const {cpuRatio, cpus} = measure(container({cpus: null, memoryBytes: null}), cpu)
    expect([cpuRatio, cpus]).toEqual([0.5, 2])
  })

  it('gives the share of the limit with one', () => {
    const {cpuRatio, cpus} = measure(container({cpus: 1, memoryBytes: null}), cpu)
    expect([cpuRatio, cpus]).toEqual([1, 1])
  })

  it('does not take the average since boot for the present', () => {
    const first = {...cpu, precpu_stats: {cpu_usage: usage(0)}}
    expect(measure(container({cpus: null, memoryBytes: null}), first).cpuRatio).toBeNull()
  })

  it.each([
    ['cgroup v1', {total_inactive_file: GiB}],
    ['cgroup v2', {inactive_file: GiB}],
  ])('leaves the page cache out (%s)', (_title, stats) => {
    const memory_stats = {usage: 3 * GiB, limit: 8 * GiB, stats}
    expect(measure(container({cpus: null, memoryBytes: 4 * GiB}), {memory_stats})).toMatchObject({
      memoryBytes: 2 * GiB,
      memoryRatio: 0.5,
      memoryOf: 'limit',
    })
    expect(measure(container({cpus: null, memoryBytes: null}), {memory_stats})).toMatchObject({
      memoryRatio: 0.25,
      memoryOf: 'host',
    })
  })

  it('says null, not 0, where an engine tells nothing', () => {
    expect(measure(container({cpus: null, memoryBytes: null}), {memory_stats: {}})).toMatchObject({
      cpuRatio: null,
      memoryBytes: null,
      memoryRatio: null,
    })
  })
})
