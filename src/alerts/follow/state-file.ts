import {mkdir, open, readFile, rename, rm} from 'node:fs/promises'
import path from 'node:path'
import {type AlertState, parseState} from '../state.ts'

/** What was kept; `broken` names the file that what could not be understood was put aside in. */
export type Kept = {state: AlertState | null; broken: string | null}

/** Reads a state; one that cannot be understood is put aside only by the follower, who owns it. */
export async function readState(file: string): Promise<AlertState | null> {
  const text = await readFile(file, 'utf8').catch(absent)
  return text === null ? null : parseState(text)
}

/** Reads the state that a follower goes on from, and puts aside one that cannot be understood. */
export async function takeState(file: string): Promise<Kept> {
  const text = await readFile(file, 'utf8').catch(absent)
  if (text === null) return {state: null, broken: null}
  const state = parseState(text)
  if (state !== null) return {state, broken: null}
  const broken = `${file}.broken`
  await rename(file, broken)
  return {state: null, broken}
}

/** Writes a state so that a kill or a full disk at any moment leaves the old one or the new one. */
export async function writeState(file: string, state: AlertState): Promise<void> {
  const beside = `${file}.${process.pid}.new`
  await mkdir(path.dirname(file), {recursive: true, mode: 0o700})
  const handle = await open(beside, 'w', 0o600)
  try {
    await handle.writeFile(JSON.stringify(state))
    await handle.sync()
  } catch (error) {
    await rm(beside, {force: true})
    throw error
  } finally {
    await handle.close()
  }
  await rename(beside, file)
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
