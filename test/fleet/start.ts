import {fork} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import type {FleetNames, FleetOptions} from './options.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** A million messages take a while. */
const startSeconds = 120

export type Fleet = {
  names: FleetNames
  /** What the simulator itself has used of the machine since its start. */
  cpuSeconds: () => Promise<number>
  stop: () => Promise<void>
}

/** Nodes and queues on a Redis, in a process of its own that ends with this one. What it put into Redis stays there. */
export async function startFleet(url: string, options: Partial<FleetOptions> = {}): Promise<Fleet> {
  const child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), [url, JSON.stringify(options)], {
    cwd: root,
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', chunk => {
    said = `${said}${chunk}`.slice(-4000)
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  const told = <T>(name: string, seconds: number) =>
    new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the fleet said no ${name}: ${said}`)), seconds * 1000)
      child.on('message', function listen(message: Record<string, unknown>) {
        if (!(name in message)) return
        clearTimeout(timer)
        child.off('message', listen)
        resolve(message[name] as T)
      })
      void ended.then(() => {
        clearTimeout(timer)
        reject(new Error(`the fleet ended: ${said}`))
      })
    })
  try {
    const names = await told<FleetNames>('names', startSeconds)
    return {
      names,
      async cpuSeconds() {
        const answer = told<NodeJS.CpuUsage>('cpu', 10)
        child.send('cpu')
        const {user, system} = await answer
        return (user + system) / 1e6
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
