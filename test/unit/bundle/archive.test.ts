import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {gzipSync} from 'node:zlib'
import {packTar, type TarEntry} from 'modern-tar'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {isPacked, pack, readPacked, reserve} from '../../../src/bundle/archive.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-archive-'))
})
afterAll(() => rm(folder, {recursive: true}))

let count = 0
async function saved(bytes: Uint8Array): Promise<string> {
  count += 1
  const file = path.join(folder, `${count}.tar.gz`)
  await writeFile(file, bytes)
  return file
}

/** An archive as somebody may have made it. */
const archive = async (...entries: TarEntry[]) => saved(gzipSync(await packTar(entries)))
const entry = (name: string, text: string, more: Partial<TarEntry['header']> = {}): TarEntry => ({
  header: {name, size: Buffer.byteLength(text), ...more},
  body: text,
})

describe('a bundle', () => {
  it('is read as it was packed', async () => {
    const long = '{"x": "ü"}'.repeat(50_000)
    const files = [
      {name: 'README.txt', text: 'read me'},
      {name: 'snapshot.json', text: long},
      {name: 'empty.txt', text: ''},
    ]
    const file = await saved(await pack('hub-mon-x', files, new Date()))
    expect(await isPacked(file)).toBe(true)
    for (const {name, text} of files) expect(await readPacked(file, name)).toBe(text)
    expect(await readPacked(file, 'other.json')).toBeNull()
    expect(await isPacked(await saved(Buffer.from('{}')))).toBe(false)
    expect(await isPacked(await saved(Buffer.alloc(0)))).toBe(false)
  })

  it('is written over nothing, and readable by its owner alone', async () => {
    const file = path.join(folder, 'own.tar.gz')
    const reserved = await reserve(file)
    await expect(reserve(file)).rejects.toMatchObject({code: 'exists', exit: 69})
    await reserved.write(Buffer.from('x'))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await expect(reserve(file)).rejects.toMatchObject({code: 'exists'})
    expect(await readFile(file, 'utf8')).toBe('x')
    await expect(reserve(path.join(folder, 'no', 'such.tar.gz'))).rejects.toMatchObject({
      code: 'not-written',
      exit: 69,
    })
  })

  it('that was begun in vain leaves no file', async () => {
    const reserved = await reserve(path.join(folder, 'vain.tar.gz'))
    await reserved.abandon()
    expect(await readdir(folder)).not.toContain('vain.tar.gz')
  })
})

describe('a bundle from a stranger', () => {
  it('gives the text of the one file, whatever path it claims, and writes nothing', async () => {
    const before = await readdir(folder)
    const file = await archive(
      entry('../../../../tmp/hub-mon-evil', 'evil'),
      entry('/etc/passwd', 'evil'),
      entry('../snapshot.json', '{}'),
    )
    expect(await readPacked(file, 'snapshot.json')).toBe('{}')
    expect(await readdir(folder)).toEqual([...before, path.basename(file)].sort())
  })

  it('does not follow a link of that name', async () => {
    const link = {
      header: {name: 'x/snapshot.json', size: 0, type: 'symlink' as const, linkname: '/etc/passwd'},
    }
    expect(await readPacked(await archive(link), 'snapshot.json')).toBeNull()
  })

  it('that unpacks to more than any bundle is stopped', async () => {
    const bomb = await saved(gzipSync(Buffer.alloc(80 * 1024 * 1024)))
    await expect(readPacked(bomb, 'snapshot.json')).rejects.toThrow()
    const large = await archive(
      entry('x/other.bin', ' '.repeat(65 * 1024 * 1024)),
      entry('x/snapshot.json', '{}'),
    )
    await expect(readPacked(large, 'snapshot.json')).rejects.toThrow('unpacked it has more than 64 MB')
    const huge = await archive(entry('x/snapshot.json', ' '.repeat(65 * 1024 * 1024)))
    await expect(readPacked(huge, 'snapshot.json')).rejects.toThrow('unpacked it has more than 64 MB')
  })

  it.each<[string, () => Promise<Uint8Array>]>([
    [
      'garbage behind the first bytes of gzip',
      async () => Buffer.from('1f8b0800deadbeefdeadbeefdeadbeef', 'hex'),
    ],
    ['no archive inside', async () => gzipSync('{"schema": "hub-mon/snapshot@1"}'.repeat(100))],
    [
      'broken off',
      async () =>
        (await pack('x', [{name: 'snapshot.json', text: 'x'.repeat(100_000)}], new Date())).subarray(0, 120),
    ],
    [
      'a wrong checksum',
      async () => {
        const tar = await packTar([entry('x/snapshot.json', '{}')])
        tar[150] = (tar[150] ?? 0) ^ 1
        return gzipSync(tar)
      },
    ],
    [
      'a size that is none',
      async () => {
        const tar = await packTar([entry('x/snapshot.json', '{}')])
        tar.set(Buffer.from('-0000001000'), 124)
        return gzipSync(tar)
      },
    ],
  ])('is refused: %s', async (_what, bytes) => {
    await expect(readPacked(await saved(await bytes()), 'snapshot.json')).rejects.toThrow()
  })
})
