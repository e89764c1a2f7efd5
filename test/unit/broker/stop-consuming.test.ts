import {expect, it} from 'vitest'
import {consumedBy} from '../../../src/broker/stop-consuming.ts'
import type {Node} from '../../../src/snapshot/celery.ts'

const node = (name: string, queues: string[] | null) => ({name, queues}) as Node

it('is every queue of the nodes that are meant, once, as far as they have said it', () => {
  const nodes = [
    node('celery@a', ['celery', 'reports']),
    // Two that answer by one name are told by one order.
    node('celery@a', ['celery']),
    node('celery@b', ['celery']),
    node('celery@c', null),
  ]
  expect(consumedBy({nodes}, name => name !== 'celery@b')).toEqual([
    {node: 'celery@a', queue: 'celery'},
    {node: 'celery@a', queue: 'reports'},
  ])
})
