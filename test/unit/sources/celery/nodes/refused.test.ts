import {expect, it} from 'vitest'
import {readRefused} from '../../../../../src/sources/celery/nodes/refused.ts'
import type {ConnectedReach} from '../../../../../src/sources/redis/reach.ts'

/** As Redis 8 tells it. */
const entry = (username: string, reason: string, object: string, age = '1.5') => [
  ...['count', 1, 'reason', reason, 'context', 'toplevel', 'object', object],
  ...['username', username, 'age-seconds', age, 'client-info', 'id=7', 'entry-id', 1],
]

const told = (...log: unknown[]) =>
  readRefused({
    connection: {client: {call: async () => log}},
    endpoint: {username: 'ours'},
  } as unknown as ConnectedReach)

it('tells what was refused to others of late, each once', async () => {
  expect(
    await told(
      entry('worker', 'command', 'brpop'),
      entry('worker', 'command', 'brpop'),
      entry('worker', 'key', 'celery'),
      entry('worker', 'command', 'evalsha', '121.0'),
      entry('ours', 'command', 'client|list'),
      entry('default', 'auth', 'AUTH'),
    ),
  ).toEqual([
    {user: 'worker', what: 'BRPOP'},
    {user: 'worker', what: 'key celery'},
  ])
})

it('is not alarmed by a library that may not say its name: no node minds', async () => {
  expect(await told(entry('worker', 'command', 'client|setinfo'))).toEqual([])
})
