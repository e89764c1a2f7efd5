import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import module from 'node:module'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {hubMon, quietEnvironment} from '../services/hub-mon.ts'
import {startFlower} from '../stand-ins/flower.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'hub-mon-cache-'))
})
afterEach(() => rmSync(home, {recursive: true}))

const folder = () => path.join(home, 'hub-mon', `${process.version}-${process.arch}`)
const run = () => hubMon(['explain', 'redis.writable'], {env: quietEnvironment({XDG_CACHE_HOME: home})})

/** Node 22.8 and newer keep a cache of their own, with rules of their own. */
const isOurs = !('enableCompileCache' in module)

describe('what is kept of compiled code', () => {
  it('is for this user alone, and changes nothing that is printed', async () => {
    const first = await run()
    if (!isOurs) return expect(await run()).toEqual(first)
    const files = readdirSync(folder())
    expect(files.length).toBeGreaterThan(3)
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    for (const file of files) expect(statSync(path.join(folder(), file)).mode & 0o777).toBe(0o600)
    expect(await run()).toEqual(first)
    expect(readdirSync(folder())).toEqual(files)
  })

  it('runs what reads a hub just as well', async () => {
    const flower = await startFlower({mode: 'open'})
    const words = ['doctor', '--redis-url', 'redis://127.0.0.1:1/0', '--flower-url', flower.url, '--save']
    const readings = []
    for (const name of ['fresh.json', 'kept.json']) {
      const file = path.join(home, name)
      await hubMon([...words, file], {env: quietEnvironment({XDG_CACHE_HOME: home}), cwd: home})
      readings.push(JSON.parse(readFileSync(file, 'utf8')).sources)
    }
    await flower.close()
    for (const {flower: read, redis} of readings) {
      expect(read.status).toBe('fresh')
      expect(redis.error.code).toBe('refused')
    }
  })

  it('is not used from a folder that others may enter', async () => {
    mkdirSync(folder(), {recursive: true})
    chmodSync(folder(), 0o777)
    expect((await run()).code).toBe(0)
    expect(readdirSync(folder())).toEqual([])
  })

  it('is made anew when it is garbage', async () => {
    const {stdout} = await run()
    if (!isOurs) return
    for (const file of readdirSync(folder())) writeFileSync(path.join(folder(), file), 'garbage')
    expect(await run()).toEqual({code: 0, stdout, stderr: ''})
    for (const file of readdirSync(folder()))
      expect(statSync(path.join(folder(), file)).size).toBeGreaterThan(7)
  })

  it('is done without where nothing can be kept', async () => {
    writeFileSync(path.join(home, 'hub-mon'), 'a file where a folder should be')
    expect((await run()).code).toBe(0)
  })
})
