import {mkdir, open, readFile, rename, stat} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type {Secrets} from '../snapshot/secrets.ts'
import {stateDirectory} from '../sources/host/state-directory.ts'
import {timeLimit} from '../sources/time-limit.ts'
import {untilAborted} from '../sources/until-aborted.ts'

/** What was done to the broker or its nodes. Never holds arguments of tasks. */
export type Action = {
  /** Words of the command: `queues purge`. */
  command: string
  /** What it acted on, without credentials: `redis:6379/0`. */
  target: string
  /** What was done, a sentence: `purged queue emails; its messages are in /home/a/purged.jsonl`. */
  did: string
  outcome: 'done' | 'partly' | 'failed' | 'interrupted'
  /** e.g. `{messages: 12}`. */
  counts: Readonly<Record<string, number>>
}

export type Recorded = {
  /** Where the line is, or was meant to be; absolute. */
  file: string
  /** Why it could not be written, for people; `null` when it was. */
  warning: string | null
}

/** One file before the running one is kept. */
const mostBytes = 5 * 1024 * 1024
/** Cut there, so that a line is always written in one piece. */
const mostTextLength = 4096
/** A home on a network that hangs must not keep what is already done. */
const patienceSeconds = 2

/** `actions.jsonl` in the user's state directory. */
export function journalFile(environment: NodeJS.ProcessEnv): string {
  return path.join(stateDirectory(environment), 'actions.jsonl')
}

/** Appends a line to the journal of actions. Never throws: an action that is done stays done. */
export async function record(
  action: Action,
  {secrets, environment}: {secrets: Pick<Secrets, 'maskDeep'>; environment: NodeJS.ProcessEnv},
): Promise<Recorded> {
  let file = 'actions.jsonl'
  try {
    file = journalFile(environment)
    const line = secrets.maskDeep({
      at: new Date().toISOString(),
      user: userName(),
      command: action.command,
      target: action.target.slice(0, mostTextLength),
      did: action.did.slice(0, mostTextLength),
      outcome: action.outcome,
      counts: action.counts,
    })
    await untilAborted(append(file, `${JSON.stringify(line)}\n`), timeLimit(patienceSeconds))
    return {file, warning: null}
  } catch (error) {
    return {file, warning: `What was done could not be written to ${file}: ${reasonOf(error)}`}
  }
}

/** The last lines of the journal of actions, the newest last; none where nothing was ever done. */
export async function lastActions(environment: NodeJS.ProcessEnv, most: number): Promise<string[]> {
  const text = await readFile(journalFile(environment), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text
    .split('\n')
    .filter(line => line !== '')
    .slice(-most)
}

async function append(file: string, line: string): Promise<void> {
  await mkdir(path.dirname(file), {recursive: true, mode: 0o700})
  await makeRoom(file)
  const handle = await open(file, 'a', 0o600)
  try {
    // Where the file was there before us, with more rights for others.
    await handle.chmod(0o600)
    await handle.write(line)
  } finally {
    await handle.close()
  }
}

async function makeRoom(file: string): Promise<void> {
  const {size} = await stat(file).catch(() => ({size: 0}))
  if (size > mostBytes) await rename(file, `${file}.1`)
}

function userName(): string {
  try {
    return os.userInfo().username
  } catch {
    // A container's user often has no name.
    return String(process.getuid?.() ?? 'unknown')
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `not within ${patienceSeconds} s`
  return error.message
}
