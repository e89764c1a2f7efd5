import {createInterface} from 'node:readline/promises'
import type {Ask} from '../broker/confirm.ts'
import type {Context} from './context.ts'

/** How the user can be asked; `null` where nobody can be. */
export function askOf({terminal, secrets, signal}: Pick<Context, 'terminal' | 'secrets' | 'signal'>): Ask {
  return terminal.canAsk ? question => askOnTerminal(secrets.mask(question), signal) : null
}

async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({input: process.stdin, output: process.stderr})
  // readline takes Ctrl-C for itself; it is meant for all of us.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await terminal.question(question, {signal})
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    terminal.close()
  }
}
