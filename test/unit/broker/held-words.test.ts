import {expect, it} from 'vitest'
import {heldWords} from '../../../src/broker/held-words.ts'
import {conf, node} from '../../fixtures/healthy.ts'

it('says nothing where nothing is held', () => {
  expect(heldWords([node('celery@a', {reserved: 0, scheduled: null})])).toEqual([])
})

it('goes back when the node ends, else after the longest visibility timeout', () => {
  const nodes = [
    node('celery@a', {reserved: 3, scheduled: 2}),
    node('celery@b', {reserved: 1, conf: conf({visibilityTimeoutSeconds: 7200})}),
  ]
  expect(heldWords(nodes)).toEqual([
    'Held and not begun: 4 reserved, 2 for their ETA. They go back to their queues when the node ends; where it is killed, once the visibility timeout (2 h) is over.',
  ])
})

it('is run first by threads, but for what waits for its ETA', () => {
  const [first, back] = heldWords([node('celery@a', {pool: 'threads', reserved: 3, scheduled: 1})])
  expect(first).toBe('3 tasks that threads have reserved are run before.')
  expect(back).toContain('Held and not begun: 1 for its ETA.')
})
