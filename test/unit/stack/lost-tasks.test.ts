import {describe, expect, it} from 'vitest'
import type {CeleryFacts, Node} from '../../../src/snapshot/celery.ts'
import {foretell, foretellIn} from '../../../src/stack/lost-tasks.ts'
import {container, node, runningTask} from '../../fixtures/healthy.ts'

const task = (acknowledged: boolean | null) => runningTask('x', 't', {acknowledged})
const facts = (active: Node['active'], acksLate: boolean | null, silent: string[] = []) =>
  ({
    probe: {subscribers: 1, seconds: 0.1},
    silent,
    nodes: [{name: 'celery@a', active, conf: {acksLate}}],
  }) as unknown as CeleryFacts

describe('foretell', () => {
  it('says when nobody could be asked', () => {
    expect(foretell(null, 60)).toEqual([expect.stringMatching(/could not be told; they get 60 s/)])
  })

  it('says when nothing runs, and which nodes did not answer', () => {
    expect(foretell(facts([], false, ['celery@b']), 60)).toEqual([
      'No task is running.',
      expect.stringMatching(/^1 .*did not answer/),
    ])
  })

  it('tells tasks acknowledged early from those acknowledged late', () => {
    const sentences = foretell(facts([task(true), task(true), task(false)], null), 30).join('\n')
    expect(sentences).toMatch(/3 tasks are running; they get 30 s/)
    expect(sentences).toMatch(/2 tasks are acknowledged already: lost/)
    expect(sentences).toMatch(/1 task is acknowledged late: run again/)
  })

  it.each([
    [true, /run again/],
    [false, /lost if/],
    [null, /could not be told/],
  ])("goes by the node's configuration (acks_late %s) where the task does not tell", (acksLate, words) => {
    expect(foretell(facts([task(null)], acksLate), 60).join('\n')).toMatch(words)
  })

  it('of what a compose file says, where nobody says how long', () => {
    expect(foretell(facts([task(true)], false), null)[0]).toBe(
      '1 task is running; it gets the stop_grace_period of the compose file to finish.',
    )
  })

  it('is about the nodes in these containers alone', async () => {
    const celery = {
      ...facts([], false, ['celery@elsewhere']),
      nodes: [node('celery@hub-celery-worker'), node('celery@away', {active: [task(true)], reserved: 3})],
    }
    const here = [container('celery-worker', 'worker')]
    expect(await foretellIn(here, async () => celery, 60)).toEqual(['No task is running.'])
  })
})
