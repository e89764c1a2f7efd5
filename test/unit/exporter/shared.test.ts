import {describe, expect, it} from 'vitest'
import {shared} from '../../../src/exporter/shared.ts'

function counting() {
  const waiting: {done: (value: number) => void; fail: (error: Error) => void}[] = []
  let clock = 0
  const look = shared(
    5,
    () => new Promise<number>((done, fail) => waiting.push({done, fail})),
    () => clock,
  )
  return {look, waiting, pass: (seconds: number) => (clock += seconds)}
}

describe('a shared look', () => {
  it('is one for all who ask meanwhile, and for a while after', async () => {
    const {look, waiting, pass} = counting()
    const both = Promise.all([look(), look()])
    expect(waiting).toHaveLength(1)
    waiting[0]?.done(7)
    expect(await both).toEqual([7, 7])
    pass(4.9)
    expect(await look()).toBe(7)
    pass(0.2)
    const next = look()
    expect(waiting).toHaveLength(2)
    waiting[1]?.done(8)
    expect(await next).toBe(8)
  })

  it('is tried again when it failed', async () => {
    const {look, waiting} = counting()
    const failed = look()
    waiting[0]?.fail(new Error('no'))
    await expect(failed).rejects.toThrow('no')
    const next = look()
    waiting[1]?.done(1)
    expect(await next).toBe(1)
  })
})
