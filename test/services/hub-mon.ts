import {type ChildProcess, type SpawnOptions, spawn} from 'node:child_process'
import path from 'node:path'
import {root, until} from './hub.ts'

export type Ended = {code: number | null; stdout: string; stderr: string}

/** The environment of the tests without what would lead hub-mon to a hub of the machine's. */
export function quietEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG']
  const own = Object.fromEntries(kept.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])))
  return {...own, NO_COLOR: '1', ...extra}
}

/** Starts hub-mon as it is shipped, in a process of its own. */
export function startHubMon(
  words: readonly string[],
  {env, ...options}: SpawnOptions = {},
): {child: ChildProcess; ended: Promise<Ended>} {
  const child = spawn(process.execPath, [path.join(root, 'bin/run.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: env ?? quietEnvironment(),
    ...options,
  })
  const output = {stdout: '', stderr: ''}
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
    })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({code, ...output}))
  })
  return {child, ended}
}

export type Background = {
  pid: number
  /** What it has said on stderr so far. */
  said: () => string
  /** What it was waited for. */
  match: RegExpExecArray
  /** Also one that stands still. */
  stop: (signal?: NodeJS.Signals) => Promise<Ended>
}

const longestStart = 30

/** Starts a command that runs until it is told to end, and waits until it has said so much on stderr. */
export async function startInBackground(
  words: readonly string[],
  ready: RegExp,
  options: SpawnOptions = {},
): Promise<Background> {
  const {child, ended} = startHubMon(words, options)
  let said = ''
  child.stderr?.on('data', text => {
    said += text
  })
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill('SIGCONT')
    child.kill(signal)
    return await ended
  }
  try {
    const match = await until(`${ready} of ${words[0]}`, longestStart, () => ready.exec(said))
    return {pid: child.pid ?? Number.NaN, said: () => said, match, stop}
  } catch (error) {
    await stop('SIGKILL')
    throw error
  }
}

export function hubMon(words: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return startHubMon(words, options).ended
}
