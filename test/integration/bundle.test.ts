import {createHash} from 'node:crypto'
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {gunzipSync, gzipSync} from 'node:zlib'
import {packTar, unpackTar} from 'modern-tar'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {type CeleryApp, createCeleryApp} from '../services/celery.ts'
import {startHalfDead} from '../services/half-dead.ts'
import {composeFile} from '../services/hub.ts'
import {measureHubMon} from '../services/measured.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'

let folder: string
let redis: RedisService
let app: CeleryApp
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-bundle-'))
  redis = await startRedis()
  app = await createCeleryApp(redis.url)
  await app.worker('-n', 'one@test', '-c', '1')
})
afterAll(async () => {
  await app.stop()
  await redis.stop()
  await rm(folder, {recursive: true})
})

type File = {
  name: string
  bytes: number | null
  sha256: string | null
  missing: {code: string; message: string} | null
}

async function unpacked(file: string): Promise<Map<string, string>> {
  const entries = await unpackTar(gunzipSync(await readFile(file)), {strict: true})
  return new Map(
    entries.map(({header, data}) => [
      header.name.replace(/^[^/]*\//, ''),
      Buffer.from(data ?? []).toString(),
    ]),
  )
}

it('a bundle holds what its index says, and is judged and measured as the hub itself', async () => {
  const file = path.join(folder, 'hub.tar.gz')
  const {code, stdout, stderr} = await measureHubMon([
    'bundle',
    '--json',
    '--output',
    file,
    '--redis-url',
    redis.url,
  ])
  expect([code, stderr]).toEqual([0, ''])
  const document = JSON.parse(stdout)
  expect(complaints('bundle@1', document)).toEqual([])
  expect(document.data).toMatchObject({file, bytes: (await stat(file)).size})
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const files = await unpacked(file)
  const index = JSON.parse(files.get('index.json') ?? '')
  expect(complaints('bundle-index@1', index)).toEqual([])
  expect(index.files).toEqual(document.data.files)
  for (const {name, bytes, sha256, missing} of index.files as File[]) {
    const text = files.get(name)
    if (missing !== null) expect([name, text, missing.code]).toEqual([name, undefined, 'not-part-of-the-hub'])
    else
      expect([
        name,
        Buffer.byteLength(text ?? ''),
        createHash('sha256')
          .update(text ?? '')
          .digest('hex'),
      ]).toEqual([name, bytes, sha256])
  }
  const there = (index.files as File[]).filter(({missing}) => missing === null).map(({name}) => name)
  expect([...files.keys()].sort()).toEqual(['README.txt', 'index.json', ...there].sort())
  expect(there).toEqual(
    expect.arrayContaining(['snapshot.json', 'report.json', 'redis-info.txt', 'versions.json']),
  )
  expect(JSON.parse(files.get('versions.json') ?? '').nodes).toEqual([
    expect.objectContaining({node: 'one@test', celery: expect.stringMatching(/^\d+\./)}),
  ])

  const replayed = JSON.parse((await measureHubMon(['doctor', '--json', '--from', file])).stdout)
  expect(replayed.data).toEqual(JSON.parse(files.get('report.json') ?? ''))
  const measured = JSON.parse((await measureHubMon(['stats', '--json', '--saved', file])).stdout)
  expect(measured.data).toEqual(JSON.parse(files.get('stats.json') ?? ''))
})

it('a bundle is written over nothing and nowhere else', async () => {
  const file = path.join(folder, 'mine.tar.gz')
  await writeFile(file, 'mine')
  const again = await measureHubMon(['bundle', '--json', '--output', file, '--redis-url', redis.url])
  expect([again.code, JSON.parse(again.stdout).error.code]).toEqual([69, 'exists'])
  expect(await readFile(file, 'utf8')).toBe('mine')
  const nowhere = path.join(folder, 'no', 'such', 'folder.tar.gz')
  const lost = await measureHubMon(['bundle', '--output', nowhere, '--redis-url', redis.url])
  expect([lost.code, lost.stderr]).toEqual([69, expect.stringContaining('ENOENT')])
})

it('a bundle of a hub that is half dead says what is not in it, in bounded time', async () => {
  const engine = await startHalfDead('silent', '', {path: path.join(folder, 'engine.sock')})
  const broker = await startHalfDead('silent', '')
  const file = path.join(folder, 'half-dead.tar.gz')
  const {code, stdout, seconds} = await measureHubMon(
    [
      ...['bundle', '--json', '--output', file, '--file', composeFile, '--project-name', 't-half-dead'],
      ...['--redis-url', `redis://127.0.0.1:${broker.port}/0`],
    ],
    {DOCKER_HOST: `unix://${path.join(folder, 'engine.sock')}`},
  )
  expect(code).toBe(0)
  // Twice --timeout; the rest is a busy machine's.
  expect(seconds).toBeLessThan(30)
  const {files, verdict} = JSON.parse(stdout).data
  expect(verdict).toBe('critical')
  const missing = Object.fromEntries(
    (files as File[]).map(({name, missing}) => [name, missing?.code ?? 'there']),
  )
  expect(missing).toMatchObject({
    'snapshot.json': 'there',
    'report.txt': 'there',
    'logs/': 'timeout',
    'engine.json': 'timeout',
    'redis-info.txt': 'timeout',
  })
  expect((await unpacked(file)).get('README.txt')).toContain('did not answer in time')
  await Promise.all([engine.close(), broker.close()])
})

it('a bundle from a stranger is refused in bounded memory, with a word', async () => {
  const bomb = path.join(folder, 'bomb.tar.gz')
  await writeFile(bomb, gzipSync(Buffer.alloc(200 * 1024 * 1024)))
  const without = path.join(folder, 'without.tar.gz')
  await writeFile(
    without,
    gzipSync(await packTar([{header: {name: '../../snapshot.txt', size: 2}, body: '{}'}])),
  )
  for (const [file, why] of [
    [bomb, 'unpacked it has more than 64 MB'],
    [without, 'it is an archive without a snapshot.json'],
  ] as const)
    for (const words of [
      ['doctor', '--from'],
      ['stats', '--saved'],
    ]) {
      const {code, stderr, maxRssBytes} = await measureHubMon([...words, file])
      expect([code, stderr.split('\n')[0]]).toEqual([64, `Error: ${file} is no snapshot of hub-mon: ${why}`])
      expect(maxRssBytes / 1e6).toBeLessThan(250)
    }
})
