import {describe, expect, it} from 'vitest'
import {timeLimit} from '../../../src/sources/time-limit.ts'

describe('timeLimit', () => {
  it('takes any number of seconds, and aborts', async () => {
    expect(timeLimit(30 / 9).aborted).toBe(false)
    const soon = timeLimit(0.0101)
    await new Promise(resolve => soon.addEventListener('abort', resolve))
    expect(soon.reason.name).toBe('TimeoutError')
  })
})
