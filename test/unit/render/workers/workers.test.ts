import {describe, expect, it} from 'vitest'
import {resultEnvelope} from '../../../../src/cli/envelope.ts'
import {width} from '../../../../src/render/text/width.ts'
import type {View} from '../../../../src/render/view.ts'
import {workersJson} from '../../../../src/render/workers/json.ts'
import {renderPing} from '../../../../src/render/workers/ping.ts'
import {renderWorkers} from '../../../../src/render/workers/render.ts'
import {earlierOf, workersIn} from '../../../../src/render/workers/rows.ts'
import type {Ping} from '../../../../src/report/ping.ts'
import type {CeleryFacts, Node} from '../../../../src/snapshot/celery.ts'
import type {Snapshot} from '../../../../src/snapshot/snapshot.ts'
import {container, healthy, node, runningTask} from '../../../fixtures/healthy.ts'
import {complaints} from '../../../services/schemas.ts'

const terminal: View = {columns: 160, color: false, unicode: true, fit: true, verbosity: 'normal'}
const piped: View = {...terminal, columns: 100, fit: false}

type More = Partial<CeleryFacts> & {subscribers?: number}

/** The healthy hub with these nodes; nobody else is connected unless said. */
function hubOf(nodes: Node[], {subscribers = nodes.length, ...more}: More = {}): Snapshot {
  const snapshot = healthy()
  const {celery} = snapshot.sources
  if (celery === undefined || celery.status === 'unavailable') throw new Error('no Celery in the fixture')
  celery.value = {...celery.value, nodes, probe: {subscribers, seconds: 0.03}, ...more}
  return snapshot
}

function factsOf(snapshot: Snapshot): CeleryFacts {
  const {celery} = snapshot.sources
  if (celery === undefined || celery.status === 'unavailable') throw new Error('no Celery')
  return celery.value
}

async function shown(snapshot: Snapshot, view: View = terminal, all = false): Promise<string> {
  const celery = factsOf(snapshot)
  return await renderWorkers({snapshot, celery, workers: workersIn(snapshot, celery), all}, view)
}

const fleet = (size: number, more: Partial<Node> = {}) =>
  Array.from({length: size}, (_, place) => node(`celery@web-${place + 1}`, {version: '5.2.6', ...more}))

describe('workers on a terminal', () => {
  it('tells all that is known of a node in a row', async () => {
    const text = await shown(healthy())
    expect(text).toMatch(/node +state +pool +running +oldest +reserved/)
    expect(text).toMatch(/celery@hub-celery-worker +✓ online +prefork 2 +1 +4\.2 s +0 .*celery +502 +1 h/)
    expect(text).toMatch(/22 % +92 MiB/)
  })

  it.each([40, 60, 80, 100, 120, 200])('fits %i columns', async columns => {
    const nodes = [
      ...fleet(30),
      node('celery@a-very-long-host-name-that-goes-on-and-on.europe-west1.internal', {
        queues: ['celery', 'mail', 'reports', 'imports'],
        active: [runningTask('a', 'x', {runningSeconds: 7200})],
      }),
    ]
    const snapshot = hubOf(nodes, {silent: ['celery@gone'], duplicates: ['celery@web-1']})
    for (const all of [false, true]) {
      const text = await shown(snapshot, {...terminal, columns}, all)
      const table = text.split('\n').filter(line => !line.includes('hub-mon '))
      expect(Math.max(...table.map(width)), text).toBeLessThanOrEqual(columns)
      expect(text).toContain('node')
    }
  })

  it('puts a thousand nodes together, and keeps a row for who needs to be looked at', async () => {
    const nodes = [
      ...fleet(997),
      node('celery@old-1', {version: '5.1.0', queues: ['mail']}),
      node('celery@web-5', {version: '5.2.6'}),
      node('celery@slow', {version: '5.2.6', active: [runningTask('a', 'x', {runningSeconds: 7200})]}),
    ]
    const snapshot = hubOf(nodes, {
      subscribers: 1001,
      silent: ['celery@hung'],
      duplicates: ['celery@web-5'],
    })
    const lines = (await shown(snapshot)).split('\n')
    expect(lines.length).toBeLessThan(25)
    const rows = lines.filter(line => /^celery@.* {2}/.test(line))
    expect(rows.map(line => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['celery@slow', '1', '✓ online'],
      ['celery@web-5', '1', '! online, twice'],
      ['celery@web-5', '1', '! online, twice'],
      ['celery@hung', '1', '✗ hung'],
      ['celery@old-1', '1', '✓ online'],
      ['celery@web-1 … celery@web-997', '996', '✓ online'],
    ])
    expect(lines.join('\n')).toContain('--all lists every node')
    expect(lines.join('\n')).toContain('Nodes differ in version: 5.2.6 (999 nodes), 5.1.0 (1 node)')
  })

  it('names a range where it names exactly these', async () => {
    expect(await shown(hubOf(fleet(250)))).toMatch(/celery@web-\{1\.\.250\} +250 +✓ online/)
  })

  it('lists every one with --all', async () => {
    const rows = (await shown(hubOf(fleet(250)), terminal, true))
      .split('\n')
      .filter(line => line.startsWith('celery@'))
    expect(rows).toHaveLength(250)
    expect(rows[1]).toMatch(/^celery@web-2 /)
  })

  it('says who is hung, who is gone, and where it cannot be told', async () => {
    const [one] = fleet(1)
    const of = (silent: string[], subscribers: number) =>
      shown(hubOf(one === undefined ? [] : [one], {silent, subscribers}))
    expect(await of(['celery@b'], 2)).toMatch(/celery@b +✗ hung/)
    expect(await of(['celery@b'], 1)).toMatch(/celery@b +! gone[\s\S]*celery@b left without saying goodbye/)
    expect(await of(['celery@b', 'celery@c'], 2)).toMatch(
      /celery@b +\? silent[\s\S]*1 of celery@b, celery@c is/,
    )
  })

  it('says that nodes share a container, and which container has no node yet', async () => {
    const snapshot = hubOf([node('a@hub-celery-worker'), node('b@hub-celery-worker'), node('c@elsewhere')])
    const {docker} = snapshot.sources
    if (docker === undefined || docker.status === 'unavailable') throw new Error('no Docker')
    docker.value.containers.push(
      container('mailer', 'worker', {startedAt: new Date(Date.parse(snapshot.takenAt) - 4000).toISOString()}),
    )
    const text = await shown(snapshot)
    expect(text).toContain('2 nodes share the container hub-celery-worker')
    expect(text).toContain('hub-mailer was started 4 s ago: its node is not there yet')
    expect(text).toMatch(/c@elsewhere .*/)
  })

  it('tells at length how each is configured and what it can run', async () => {
    const text = await shown(healthy(), {...terminal, verbosity: 'verbose'})
    expect(text).toMatch(/running +hub\.slow a1 for 4\.2 s/)
    expect(text).toMatch(/configuration +acknowledges early, prefetch multiplier 4, time limit 40 min,/)
    expect(text).toMatch(/tasks +hub\.flaky, hub\.quick, hub\.slow/)
  })

  it('says that no node is there', async () => {
    expect(await shown(hubOf([]))).toContain('No node is connected to Redis.')
  })

  it('says who is known when nobody is asked', async () => {
    const text = await shown(hubOf([], {probe: null, known: ['celery@a']}))
    expect(text).toMatch(/known to Redis; not asked[\s\S]*celery@a +– known/)
  })

  it('lets no name act on the terminal', async () => {
    const evil = 'celery@\u001b[2J\nroot'
    const snapshot = hubOf([node(evil, {queues: [evil], version: evil, pool: evil})], {
      silent: [`${evil}2`],
      duplicates: [evil],
      registered: [[evil]],
    })
    for (const view of [terminal, piped]) {
      const text = await shown(snapshot, {...view, verbosity: 'verbose'})
      expect(text).not.toContain('\u001b')
      expect(text).toContain('celery@\\x1b[2J\\nroot')
    }
  })
})

describe('workers in a pipe', () => {
  it('lists every node on a line, with the same number of columns', async () => {
    const rows = (await shown(hubOf(fleet(1000), {silent: ['celery@gone']}), piped))
      .split('\n')
      .filter(line => line.startsWith('celery@') && !line.includes('goodbye'))
    expect(rows).toHaveLength(1001)
    expect(new Set(rows.map(line => line.trim().split(/ {2,}/).length)).size).toBe(1)
  })
})

describe('workers --json', () => {
  it('holds to its schema, also when nobody is asked', () => {
    for (const snapshot of [
      healthy(),
      hubOf(fleet(3), {silent: ['celery@b'], subscribers: 4}),
      hubOf([], {probe: null, known: ['celery@a']}),
    ]) {
      const celery = factsOf(snapshot)
      const data = workersJson(snapshot, celery, workersIn(snapshot, celery))
      const envelope = resultEnvelope(
        {command: 'workers', version: '0.1.0', warnings: []},
        {schema: 'hub-mon/workers@1', verdict: null, exitCode: 0, data},
      )
      expect(complaints('workers@1', JSON.parse(JSON.stringify(envelope)))).toEqual([])
    }
  })

  it('lists every node, and what it runs without arguments', () => {
    const snapshot = hubOf(fleet(1000))
    const celery = factsOf(snapshot)
    expect(workersJson(snapshot, celery, workersIn(snapshot, celery)).nodes).toHaveLength(1000)
  })
})

describe('a ping', () => {
  const ping = (more: Partial<Ping> = {}): Ping => ({
    ...{subscribers: 2, seconds: 0.03, unreadable: 0, silent: [], nameless: 0, gone: []},
    answered: [
      {name: 'celery@a', seconds: 0.005},
      {name: 'celery@b', seconds: 0.02},
    ],
    ...more,
  })
  const text = (more: Partial<Ping>, view: View) => renderPing(ping(more), 'hub-mon workers', view)

  it('names who is silent first, then the slowest', async () => {
    const lines = (await text({silent: ['celery@c']}, terminal)).split('\n')
    expect(lines[0]).toBe('2 of 3 nodes answered within 30 ms')
    expect(lines.slice(2, 5).map(line => line.split(/ {2,}/))).toEqual([
      ['celery@c', '✗ silent'],
      ['celery@b', '✓ 20 ms'],
      ['celery@a', '✓ 5 ms'],
    ])
    expect(lines[5]).toContain('Next: hub-mon workers')
  })

  it('of a fleet shows the silent and the slowest on a terminal, and all in a pipe', async () => {
    const answered = Array.from({length: 1000}, (_, place) => ({
      name: `celery@${place}`,
      seconds: place / 1e4,
    }))
    const onTerminal = await text({answered}, terminal)
    expect(onTerminal.split('\n').length).toBeLessThan(26)
    expect(onTerminal).toContain('… and 980 more that were faster')
    expect((await text({answered}, piped)).split('\n').length).toBeGreaterThan(1000)
  })

  it('lets no name act on the terminal, and says that nobody is there', async () => {
    const evil = {silent: ['celery@\u001b[2J'], gone: ['\u001b[2J']}
    expect(await text(evil, piped)).not.toContain('\u001b')
    expect(await text({answered: [], subscribers: 0}, terminal)).toBe('No node is connected to Redis.\n')
  })
})

describe('from one look to the next', () => {
  const later = (accepted: number) => {
    const snapshot = hubOf([node('celery@a', {accepted: {x: accepted}})])
    return {...snapshot, takenAt: new Date(Date.parse(snapshot.takenAt) + 2000).toISOString()}
  }
  const first = hubOf([node('celery@a', {accepted: {x: 100}})])
  const earlier = earlierOf(first, workersIn(first, factsOf(first)))

  it('a node takes so many tasks a second', () => {
    const second = later(130)
    expect(workersIn(second, factsOf(second), earlier)[0]?.acceptedPerSecond).toBe(15)
  })

  it('nothing is said of one that was started anew', () => {
    const second = later(3)
    expect(workersIn(second, factsOf(second), earlier)[0]?.acceptedPerSecond).toBeNull()
  })
})
