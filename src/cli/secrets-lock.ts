import path from 'node:path'
import {refreshSeconds, takeLock} from '../alerts/follow/lock.ts'
import {HubError} from '../errors/hub-error.ts'

/** Works on the folder of secrets while nobody else of us does. Throws a `HubError` (69) where somebody does. */
export async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(path.join(folder, '.lock'))
  if ('pid' in lock)
    throw new HubError(
      'unavailable',
      'locked',
      `process ${lock.pid} on ${lock.host} is at work on the secrets in ${folder}`,
      {suggestions: ['wait until it is done, and type it again']},
    )
  const beat = setInterval(() => void lock.refresh().catch(() => {}), refreshSeconds * 1000)
  beat.unref()
  try {
    return await work()
  } finally {
    clearInterval(beat)
    await lock.release()
  }
}
