import {stripVTControlCharacters} from 'node:util'
import {SourceError} from '../../snapshot/source-error.ts'

export type ProcessOptions = {
  /** On top of our own environment; `undefined` takes a variable away. */
  environment?: Readonly<Record<string, string | undefined>>
  directory?: string
  /** Given to it on stdin; nothing is when absent. */
  input?: string
  /** Sends SIGTERM, and SIGKILL five seconds later. */
  signal: AbortSignal
}

export type ProcessResult = {exitCode: number; stdout: string; stderr: string}

const mostBytes = 8 * 1024 * 1024
/** Lines kept of a process that talks on and on. */
const keptLines = 200

/**
 * Runs a program to its end without a shell and gives what it printed; an exit code is no error here.
 * Throws when it cannot be started (`code` is `ENOENT`), a `SourceError` `too-much`, and the signal's reason when aborted.
 */
export async function runProcess(
  [program, ...rest]: readonly [string, ...string[]],
  {environment = {}, directory, input, signal}: ProcessOptions,
): Promise<ProcessResult> {
  const {execa} = await import('execa')
  signal.throwIfAborted()
  const result = await execa(program, rest, {
    ...(directory === undefined ? {} : {cwd: directory}),
    env: environment,
    cancelSignal: signal,
    maxBuffer: mostBytes,
    reject: false,
    ...(input === undefined ? {stdin: 'ignore' as const} : {input}),
  })
  signal.throwIfAborted()
  // What it says of its end then is of our ending it.
  if (result.isMaxBuffer)
    throw new SourceError('too-much', `${program} printed more than ${mostBytes / 1024 / 1024} MB`)
  if (result.exitCode === undefined) throw result
  return {exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr}
}

/** Like `runProcess`, line by line while it runs; gives the last 200 lines of both streams, free of control characters. */
export async function streamProcess(
  [program, ...rest]: readonly [string, ...string[]],
  {environment = {}, directory, signal}: ProcessOptions,
  onLine: (line: string) => void,
): Promise<{exitCode: number; lines: string[]}> {
  const {execa} = await import('execa')
  signal.throwIfAborted()
  const child = execa(program, rest, {
    ...(directory === undefined ? {} : {cwd: directory}),
    env: environment,
    cancelSignal: signal,
    all: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
  })
  const lines: string[] = []
  for await (const raw of child.iterable({from: 'all'})) {
    const line = cleanLine(raw)
    if (line === '') continue
    lines.push(line)
    if (lines.length > keptLines) lines.shift()
    onLine(line)
  }
  const result = await child
  signal.throwIfAborted()
  if (result.exitCode === undefined) throw result
  return {exitCode: result.exitCode, lines}
}

/** Compose redraws its lines even off a terminal: only what stands after the last carriage return is left. */
export function cleanLine(raw: string): string {
  const shown = stripVTControlCharacters(raw).trimEnd()
  return shown
    .slice(shown.lastIndexOf('\r') + 1)
    .replace(/[\u0000-\u001F\u007F-\u009F]/g, ' ')
    .trim()
}
