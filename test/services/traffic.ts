import {expect} from 'vitest'
import {docker} from './hub.ts'

/** What a sender of sample tasks says of them in the end. */
export type Traffic = {
  sent: number
  byTask: Record<string, number>
  succeeded: number
  failed: number
  unfinished: number
}

export type Sender = {
  /** Waits until each task has come to its end, or is given up, and takes the container away. */
  done: () => Promise<Traffic>
}

/** Sends tasks from a container of its own, which goes on whatever becomes of the nodes, and waits for each. */
export async function sendTraffic(
  name: string,
  options: readonly string[],
  {count, rate, more}: {count: number; rate: number; more: readonly string[]},
): Promise<Sender> {
  const words = ['hub-traffic', '--count', String(count), '--rate', String(rate), ...more, '--json']
  await docker('run', '-d', '--name', name, ...options, 'hub-mon/hub:0.1', ...words)
  return {
    async done() {
      const code = (await docker('wait', name)).trim()
      const log = await docker('logs', name)
      expect(code, log).toBe('0')
      await docker('rm', name)
      return JSON.parse(log.trim().split('\n').at(-1) ?? '') as Traffic
    },
  }
}

/** Every one that was sent has come to its end, and none failed that was not to fail. */
export function accountFor({sent, byTask, succeeded, failed, unfinished}: Traffic, count: number): void {
  expect(sent).toBe(count)
  expect(unfinished).toBe(0)
  expect(failed).toBe(byTask.failing ?? 0)
  expect(succeeded).toBe(sent - failed)
}
