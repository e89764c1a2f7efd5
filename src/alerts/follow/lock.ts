import {randomUUID} from 'node:crypto'
import {link, mkdir, readFile, rename, rm, stat, utimes, writeFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import path from 'node:path'

/** Who holds a lock. */
export type Holder = {pid: number; host: string; token: string}

export type Lock = {
  /** Says that it is still held; false when somebody else has taken it. */
  refresh: () => Promise<boolean>
  release: () => Promise<void>
}

/** A holder that has not said so for this long holds nothing any more. It does so every few seconds. */
export const staleSeconds = 30
export const refreshSeconds = 5

/** Takes the lock, or says who holds it. A dead holder's is taken over: known by its process here, by its silence elsewhere. */
export async function takeLock(file: string): Promise<Lock | Holder> {
  await mkdir(path.dirname(file), {recursive: true, mode: 0o700})
  const own: Holder = {pid: process.pid, host: hostname(), token: randomUUID()}
  const beside = `${file}.${own.token}`
  // Written first and linked then: nobody ever sees half a lock.
  await writeFile(beside, JSON.stringify(own), {mode: 0o600})
  try {
    for (;;) {
      const isTaken = await link(beside, file).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false
          throw error
        },
      )
      if (isTaken) return held(file, own)
      const holder = await holderOf(file)
      if (holder === null) continue
      if (!(await isStale(file, holder))) return holder
      await putAway(file, holder)
    }
  } finally {
    await rm(beside, {force: true})
  }
}

function held(file: string, own: Holder): Lock {
  const isOwn = async () => (await holderOf(file))?.token === own.token
  return {
    async refresh() {
      if (!(await isOwn())) return false
      const now = new Date()
      await utimes(file, now, now)
      return true
    },
    async release() {
      if (await isOwn()) await rm(file, {force: true})
    },
  }
}

/** `null` when there is none any more. */
async function holderOf(file: string): Promise<Holder | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  try {
    return JSON.parse(text) as Holder
  } catch {
    return {pid: 0, host: '', token: text}
  }
}

async function isStale(file: string, {pid, host}: Holder): Promise<boolean> {
  // A container that starts again is process 1 as before.
  if (host === hostname() && (pid === process.pid || !isAlive(pid))) return true
  const {mtimeMs} = await stat(file).catch(() => ({mtimeMs: Date.now()}))
  return Date.now() - mtimeMs > staleSeconds * 1000
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Takes a stale lock away; where another was quicker and holds a new one by now, gives that back. */
async function putAway(file: string, stale: Holder): Promise<void> {
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const taken = await holderOf(aside)
  if (taken !== null && taken.token !== stale.token) await link(aside, file).catch(() => {})
  await rm(aside, {force: true})
}
