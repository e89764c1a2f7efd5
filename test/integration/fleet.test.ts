import {tmpdir} from 'node:os'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Fleet, startFleet} from '../fleet/start.ts'
import {type Measured, measureHubMon} from '../services/measured.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'
import {onTerminal} from '../services/terminal.ts'

/** Of a whole process, at 1,000 nodes and 200 queues; 130 were measured, most of it Node's own. */
const mostMegabytes = 200
/** A busy machine is slow, and this is no measurement: docs/performance.md says how long it takes. */
const patience = ['--timeout', '60s']

type Named = {name: string; state: string; duplicate: boolean}
const sorted = (names: readonly string[]) => [...names].sort()

async function read(schema: string, redis: RedisService, ...words: string[]) {
  const measured = await measureHubMon([...words, '--json', '--redis-url', redis.url, ...patience])
  const document = JSON.parse(measured.stdout)
  expect(complaints(schema, document), measured.stdout.slice(0, 2000)).toEqual([])
  expect(document.warnings).toEqual([])
  expectSmall(measured)
  return document.data
}

function expectSmall({maxRssBytes}: Measured): void {
  expect(maxRssBytes / 1e6).toBeGreaterThan(10)
  expect(maxRssBytes / 1e6).toBeLessThan(mostMegabytes)
}

describe('1,000 nodes and 200 queues', () => {
  let redis: RedisService
  let fleet: Fleet
  beforeAll(async () => {
    redis = await startRedis()
    fleet = await startFleet(redis.url, {gone: 3, duplicates: 1, orphans: 2, deepest: 5000})
  })
  afterAll(async () => {
    await fleet?.stop()
    await redis?.stop()
  })
  const onFleet = (schema: string, ...words: string[]) => read(schema, redis, ...words)

  it('workers names every node, the ones that are gone and the ones that share a name', async () => {
    const {probe, nodes, registered, duplicates} = await onFleet('workers@1', 'workers')
    const named = (...states: string[]) =>
      (nodes as Named[]).filter(({state}) => states.includes(state)).map(({name}) => name)
    expect(probe).toMatchObject({subscribers: 1000, unreadable: 0})
    expect(nodes).toHaveLength(1003)
    expect(sorted([...new Set(named('online', 'busy'))])).toEqual(fleet.names.answering)
    expect(sorted(named('gone'))).toEqual(fleet.names.gone)
    expect(duplicates).toEqual(fleet.names.duplicated)
    // Each list once, however many nodes share it.
    expect(registered).toHaveLength(3)
    const busy = (
      nodes as {runningTasks: unknown[] | null; registered: number | null; queues: string[] | null}[]
    ).filter(({runningTasks}) => runningTasks?.length === 2)
    expect(busy).toHaveLength(1000)
    for (const node of busy)
      expect([node.registered, node.queues?.length]).toEqual([expect.any(Number), expect.any(Number)])
  })

  it('queues names every queue, with what waits and who consumes it', async () => {
    const {queues, unacked} = await onFleet('queues@1', 'queues', '--interval', '0.2s')
    type Row = {name: string; ready: number; consumers: string[] | null}
    expect(sorted((queues as Row[]).map(({name}) => name))).toEqual(fleet.names.queues)
    expect((queues as Row[]).find(({name}) => name === 'celery')).toMatchObject({ready: 5000})
    const orphans = (queues as Row[]).filter(({consumers}) => consumers?.length === 0)
    expect(sorted(orphans.map(({name}) => name))).toEqual(fleet.names.orphans)
    expect(unacked.messages).toBe(8000)
  })

  it('tasks counts what runs and is held on all nodes', async () => {
    const {live, tasks, matched} = await onFleet('tasks@1', 'tasks', '--limit', '10')
    expect(live).toMatchObject({running: {total: 2000}, reserved: {total: 8000}})
    expect([tasks.length, matched]).toEqual([10, 2000])
  })

  it('doctor judges all of it', async () => {
    const {findings} = await onFleet('doctor@1', 'doctor')
    type Finding = {check: string; status: string; message: string; affects: string[]}
    const of = (check: string): Finding => findings.find((finding: Finding) => finding.check === check)
    expect(of('celery.nodes-answering')).toMatchObject({status: 'pass'})
    expect(of('celery.node-names')).toMatchObject({status: 'warning', affects: fleet.names.duplicated})
    expect(sorted(of('celery.queue-consumers').affects)).toEqual(fleet.names.orphans)
    expect((findings as Finding[]).filter(({status}) => status === 'unknown')).toEqual([])
    // A sentence each, not a thousand names.
    for (const {check, message} of findings) expect([check, message.length < 600]).toEqual([check, true])
  })

  it.each([
    [['workers'], 50],
    [['queues', '--interval', '0.2s'], 50],
    [['tasks', '--limit', '30'], 50],
    // A finding has several lines.
    [['doctor', '--fail-on', 'never'], 80],
  ])('%j takes a screenful', async (words, most) => {
    const lines = await onTerminal([...words, '--redis-url', redis.url, ...patience], {
      columns: 120,
      rows: 50,
      cwd: tmpdir(),
    })
    expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(most)
  })

  it('nothing stays behind in Redis', async () => {
    expect(await redis.cli('SCARD', '_kombu.binding.reply.celery.pidbox')).toBe('0')
    expect(await redis.cli('KEYS', '*reply.celery.pidbox')).toBe('')
  })
})

describe('a fleet of which some are hung', () => {
  it('is told who is hung, and that they are not gone', async () => {
    const redis = await startRedis()
    try {
      const fleet = await startFleet(redis.url, {nodes: 1000, hung: 2, queues: 20})
      const {probe, nodes} = await read('workers@1', redis, 'workers')
      const named = (...states: string[]) =>
        (nodes as Named[]).filter(({state}) => states.includes(state)).map(({name}) => name)
      expect(probe.subscribers).toBe(1000)
      expect(sorted(named('hung'))).toEqual(fleet.names.hung)
      expect(sorted(named('online', 'busy'))).toEqual(fleet.names.answering)
      await redis.cli('SADD', '_kombu.binding.celery.pidbox', '\x06\x16\x06\x16celery@gone.celery.pidbox')
      const {findings} = await read('doctor@1', redis, 'doctor')
      expect(
        findings.find(({check}: {check: string}) => check === 'celery.nodes-answering').message,
      ).toContain('2 of')
      await fleet.stop()
    } finally {
      await redis.stop()
    }
  })
})
