import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {describe, expect, it} from 'vitest'
import {timeLimit} from '../../../src/sources/time-limit.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

describe('timeLimit', () => {
  it('takes any number of seconds, and aborts', async () => {
    expect(timeLimit(30 / 9).aborted).toBe(false)
    const soon = timeLimit(0.0101)
    await new Promise(resolve => soon.addEventListener('abort', resolve))
    expect(soon.reason.name).toBe('TimeoutError')
  })

  it('aborts what was made of it, also when garbage was collected meanwhile', async () => {
    let fired = false
    const listen = () => {
      const within = AbortSignal.any([new AbortController().signal, timeLimit(0.1)])
      within.addEventListener('abort', () => {
        fired = true
      })
    }
    listen()
    await new Promise(resolve => setTimeout(resolve, 10))
    collectGarbage()
    await expect.poll(() => fired).toBe(true)
  })
})
