import {describe, expect, it} from 'vitest'
import {concurrencyOf, expectedOf, queuesOf} from '../../../src/config/expected.ts'
import {resolveSettings} from '../../../src/config/resolve.ts'
import type {Container} from '../../../src/snapshot/docker.ts'

describe('concurrencyOf', () => {
  it.each([
    [['celery', 'worker', '--concurrency=2'], 2],
    [['celery', 'worker', '--concurrency', '4'], 4],
    [['celery', 'worker', '-c', '8'], 8],
    [['celery', 'worker', '-c8'], 8],
    [['sh', '-c', 'celery -A app worker --concurrency=3 -E'], 3],
    [['celery -A app worker --concurrency=3 -E'], 3],
    [['celery', 'worker'], null],
    [['celery', 'worker', '--concurrency=many'], null],
  ])('of %j is %s', (command, concurrency) => {
    expect(concurrencyOf(command)).toBe(concurrency)
  })
})

describe('queuesOf', () => {
  it.each([
    [
      ['worker', '-Q', 'a,b'],
      ['a', 'b'],
    ],
    [['worker', '--queues=a'], ['a']],
    [
      ['worker', '-Qa,b'],
      ['a', 'b'],
    ],
    [['worker'], []],
  ])('of %j is %j', (command, queues) => {
    expect(queuesOf(command)).toEqual(queues)
  })
})

describe('expectedOf', () => {
  const worker = (...command: string[]) => ({role: 'worker', command}) as unknown as Container
  const settings = resolveSettings({config: '/dev/null'}, {}, '/')

  it('adds up what the workers were told to be, and judges nothing when one does not tell', async () => {
    const two = worker('celery', 'worker', '-c', '2')
    expect(expectedOf(await settings, [two, two], undefined).poolProcesses?.value).toBe(4)
    expect(expectedOf(await settings, [two, worker('celery', 'worker')], undefined).poolProcesses).toBeNull()
    expect(expectedOf(await settings, [], undefined).poolProcesses).toBeNull()
  })
})
