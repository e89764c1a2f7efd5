import {spawn} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {reachRedis} from '../../src/sources/redis/reach.ts'
import {root} from '../services/hub.ts'
import {hubMon, quietEnvironment} from '../services/hub-mon.ts'
import {promtool} from '../services/promtool.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'
import {writeWeeks} from '../services/weeks.ts'

let redis: RedisService
let folder: string
const now = Math.floor(Date.now() / 1000)
const tasksAWeek = 1_000_000
const here = () => ['--redis-url', redis.url]
const exported = (...words: string[]) => hubMon(['stats', 'export', ...words, ...here()])
const iso = (moment: number) => new Date(moment * 1000).toISOString()
const hour = Math.floor(now / 3600) * 3600
/** Six whole hours of yesterday. */
const window = ['--from', iso(hour - 30 * 3600), '--to', iso(hour - 24 * 3600)]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-export-'))
  redis = await startRedis()
})
afterAll(async () => {
  await redis?.stop()
  await rm(folder, {recursive: true})
})

describe('stats export', () => {
  it('without a recorder says what to type', async () => {
    const {code, stdout, stderr} = await exported('--since', '1h')
    expect(stdout).toBe('')
    expect(stderr).toContain('no recorder has ever written here')
    expect(stderr).toContain(`hub-mon record --redis-url redis://127.0.0.1:${redis.port}/0`)
    expect(code).toBe(69)
    const reach = await reachRedis(
      {url: redis.url, stack: Promise.resolve(null)},
      new AbortController().signal,
    )
    if (reach.kind !== 'connected') throw new Error('no connection')
    await writeWeeks(reach.connection.client, {prefix: 'hub-mon:', place: '0'}, {tasksAWeek, now})
    await reach.close()
  })

  it('has what was recorded, as rows', async () => {
    const {code, stdout, stderr} = await exported('--format', 'jsonl', '--step', '1h', ...window)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    const buckets = rows.filter(({kind}) => kind === 'bucket')
    expect(buckets.map(({from}) => from)).toEqual(
      Array.from({length: 6}, (_, nth) => iso(hour - (30 - nth) * 3600)),
    )
    for (const bucket of buckets) expect(bucket).toMatchObject({seconds: 3600, covered_seconds: 3600})
    const sum = rows.reduce((all, {succeeded}) => all + (succeeded ?? 0), 0)
    expect(sum / (tasksAWeek * (6 / 168))).toBeCloseTo(1, 2)

    // The finest that is kept so long is a minute; a row a bucket and task type, after a line of names.
    const minutes = await exported(...window)
    expect(minutes.code, minutes.stderr).toBe(0)
    const lines = minutes.stdout.split('\r\n')
    expect(lines.at(-1)).toBe('')
    const of = (kind: string) =>
      lines.filter(line => line.startsWith(`${kind},`)).map(line => line.split(','))
    expect(of('bucket')).toHaveLength(360)
    const place = lines[0]?.split(',').indexOf('succeeded') ?? -1
    const byMinutes = of('tasks').reduce((all, fields) => all + Number(fields[place]), 0)
    expect(byMinutes / sum).toBeCloseTo(1, 1)
  })

  it('fills a Prometheus, which then knows the same', async () => {
    const file = path.join(folder, 'hours.om')
    const words = ['--format', 'openmetrics', '--step', '1h', ...window]
    const {code, stdout, stderr} = await exported(...words, '--output', file, '--json')
    expect(code, stderr).toBe(0)
    const document = JSON.parse(stdout)
    expect(complaints('stats-export@1', document)).toEqual([])
    expect(document.data).toMatchObject({stepSeconds: 3600, buckets: 6, rows: 120, missingSeconds: 0, file})
    expect((await stat(file)).mode & 0o777).toBe(0o666 & ~process.umask())
    const data = path.join(folder, 'data')
    // What promtool reads beside blocks has to be there.
    await mkdir(path.join(data, 'wal'), {recursive: true})
    await promtool('tsdb', 'create-blocks-from', 'openmetrics', file, data)
    const dump = await promtool('tsdb', 'dump', data)
    const rows = (await exported('--format', 'jsonl', '--step', '1h', ...window)).stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
      .filter(({task}) => task === 'shop.tasks.order_3')
    const total = (column: string) => rows.reduce((all, row) => all + row[column], 0)
    const last = (name: string, more = '') => {
      const series = dump
        .split('\n')
        .filter(
          line => line.includes(`__name__="${name}"`) && line.includes('order_3"') && line.includes(more),
        )
      const samples = series.map(line => /^\{.*\} (\S+) (\d+)$/.exec(line) ?? [])
      return samples.sort((a, b) => Number(a[2]) - Number(b[2])).map(([, value]) => Number(value))
    }
    expect(last('hub_mon_task_succeeded_total').at(0)).toBe(0)
    expect(last('hub_mon_task_succeeded_total').at(-1)).toBe(total('succeeded'))
    expect(last('hub_mon_task_runtime_seconds_sum').at(-1)).toBeCloseTo(total('runtime_sum_seconds'), 4)
    expect(last('hub_mon_task_wait_seconds_bucket', 'le="+Inf"').at(-1)).toBe(total('wait_count'))

    // Never over what is there, and never half a file.
    const again = await exported(...words, '--output', file)
    expect(again.stderr).toContain('is there already')
    expect(again.code).toBe(64)
    const lost = await exported(...words, '--output', path.join(folder, 'none', 'x'))
    expect(lost.stderr).toContain('ENOENT')
    expect(lost.code).toBe(69)
  })

  it('says what is missing, as data and beside it', async () => {
    const gone = hour - 26 * 3600
    await redis.cli('DEL', `hub-mon:0:bucket:3600:${gone}`)
    const {code, stdout, stderr} = await exported('--format', 'jsonl', '--step', '1h', ...window)
    expect(code).toBe(0)
    expect(stderr).toContain('incomplete: 1 h of 6 h not seen')
    const bucket = stdout
      .split('\n')
      .filter(line => line.includes(iso(gone)))
      .map(line => JSON.parse(line))
    expect(bucket).toEqual([expect.objectContaining({kind: 'bucket', covered_seconds: 0})])
  })

  it('is no failure for a reader who has seen enough', async () => {
    const env = quietEnvironment()
    const command = `'${process.execPath}' bin/run.js stats export --since 2d --redis-url ${redis.url} | head -n 2; exit \${PIPESTATUS[0]}`
    const shell = spawn('bash', ['-c', command], {cwd: root, env, stdio: ['ignore', 'pipe', 'pipe']})
    const said: string[] = []
    shell.stdout.on('data', chunk => said.push(String(chunk)))
    expect(await new Promise(resolve => shell.once('close', resolve))).toBe(0)
    expect(said.join('').split('\r\n')).toHaveLength(3)
  })

  it.each([
    ['a step that is not kept', ['--since', '1h', '--step', '5m'], '--step 60s'],
    ['a step that is kept no more', ['--since', '3d', '--step', '1m'], '--step 3600s'],
    ['no whole bucket', ['--since', '20m', '--step', '1h'], '--since 10800s'],
    ['two results', ['--since', '1h', '--json'], '--format jsonl'],
  ])('refuses %s', async (_what, words, next) => {
    const {code, stdout, stderr} = await exported(...words)
    expect(code).toBe(64)
    expect(stdout + stderr).toContain(next)
  })

  it('stands in a file of its own when it was written', async () => {
    const file = path.join(folder, 'day.csv')
    const {code, stdout, stderr} = await exported('--since', '24h', '--output', file)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^1,4\d\d buckets of 1 min with [\d,]+ rows of tasks and queues written to /)
    expect((await readFile(file, 'utf8')).startsWith('kind,from,seconds,')).toBe(true)
  })
})
