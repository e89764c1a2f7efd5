import type {Container} from '../../snapshot/docker.ts'
import {timeLimit} from '../time-limit.ts'
import type {Engine} from './engine.ts'

/** It takes the engine a `ps`; one that is stuck must not take the rest of what the engine says with it. */
const longestSeconds = 1
/** Oldest first: the commands of the health check and of `docker exec` stand beside the container's own. */
const psArgs = '-eo pid,ppid,caught,args --sort=start_time'
const inits = new Set(['docker-init', 'tini', 'dumb-init', 'catatonit'])
/** In the kernel's masks the lowest bit is signal 1. */
const sigterm = 1n << 14n

/**
 * The program that keeps `docker stop` from a worker's Celery; `null` when there is none, `undefined` when the engine does
 * not tell. Asked only where the command is not Celery's own: nothing stands in front of that.
 */
export async function readSwallowsStop(
  engine: Engine,
  {id, command}: Pick<Container, 'id' | 'command'>,
  signal: AbortSignal,
): Promise<string | null | undefined> {
  if (/^(celery|python[\d.]*)$/.test(programOf(command[0] ?? ''))) return null
  const abortSignal = AbortSignal.any([signal, timeLimit(longestSeconds)])
  const listed = engine.client.getContainer(id).top({ps_args: psArgs, abortSignal})
  return await listed.then(findSwallowsStop).catch(() => undefined)
}

/** Out of the processes of a container, oldest first, with the columns of `psArgs`. */
export function findSwallowsStop({Processes}: {Processes: string[][]}): string | null | undefined {
  const all = Processes.map(([pid, parent, caught = '', args = '']) => ({pid, parent, caught, args}))
  const childrenOf = (pid: string | undefined) => all.filter(({parent}) => parent === pid)
  const [oldest] = all
  // An init passes the signal on to what it has started.
  const first = oldest !== undefined && inits.has(programOf(oldest.args)) ? childrenOf(oldest.pid)[0] : oldest
  if (first === undefined || !/^[\da-f]+$/.test(first.caught)) return undefined
  if ((BigInt(`0x${first.caught}`) & sigterm) !== 0n) return null
  // A script that still waits for Redis may yet make way for Celery.
  const runsCelery = childrenOf(first.pid).some(({args}) => /\bcelery\b.*\bworker\b/.test(args))
  return runsCelery ? programOf(first.args) : null
}

function programOf(commandLine: string): string {
  const [program = ''] = commandLine.split(' ')
  return program.slice(program.lastIndexOf('/') + 1)
}
