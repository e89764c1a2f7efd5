import {describe, expect, it} from 'vitest'
import type {Fix} from '../../../src/report/finding.ts'
import {atRisk} from '../../../src/stack/at-risk.ts'
import {factsIn, hub, inContainer, unreadable} from '../../fixtures/broken.ts'
import {container, node, queue, runningTask} from '../../fixtures/healthy.ts'

const worker: Fix = {does: 'restart', service: 'celery-worker', risks: 'running-tasks', mayComeInSeconds: 0}
const redis: Fix = {does: 'restart', service: 'redis', risks: 'unsaved-data', mayComeInSeconds: 0}
const early = (id: string) => runningTask(id, 'hub.slow', {acknowledged: true})
const late = (id: string) => runningTask(id, 'hub.slow', {acknowledged: false})

describe('starting a worker again', () => {
  const running = (...tasks: ReturnType<typeof early>[]) =>
    hub(snapshot => {
      factsIn(snapshot, 'celery').nodes = [node('celery@hub-celery-worker', {active: tasks})]
    })

  it('can lose the tasks that are acknowledged already', () => {
    expect(atRisk(worker, running(early('a'), early('b'), late('c')), 60)).toMatchObject({
      count: 2,
      loses: true,
    })
  })

  it('loses none that are acknowledged late, and says that they run again', () => {
    const {count, loses, says} = atRisk(worker, running(late('a')), 10)
    expect([count, loses]).toEqual([0, false])
    expect(says.join(' ')).toMatch(/10 s to finish.*run again/)
  })

  it('is no matter of what runs in other services', () => {
    const two = running(early('a'))
    factsIn(two, 'docker').containers.push(container('other', 'worker'))
    factsIn(two, 'celery').nodes.push(node('celery@hub-other'))
    expect(atRisk({...worker, service: 'other'}, two, 60)).toMatchObject({count: 0, loses: false})
  })

  it('is allowed where it hangs, and says that nobody knows what it runs', () => {
    const hung = hub(snapshot => {
      const celery = factsIn(snapshot, 'celery')
      Object.assign(celery, {nodes: [], silent: ['celery@hub-celery-worker']})
    })
    const {loses, says} = atRisk(worker, hung, 60)
    expect(loses).toBe(false)
    expect(says.join(' ')).toContain('did not answer')
  })

  it('says where nobody could be asked that it cannot be told', () => {
    const away = hub(snapshot => unreadable(snapshot, 'celery', {code: 'timeout', message: 'late'}))
    expect(atRisk(worker, away, 60)).toMatchObject({count: null, loses: false})
  })
})

describe('starting Redis again', () => {
  it('loses nothing to speak of where it appends to a file', () => {
    expect(
      atRisk(
        redis,
        hub(() => {}),
        60,
      ),
    ).toMatchObject({count: 0, loses: false})
    const silent = hub(snapshot => unreadable(snapshot, 'redis', {code: 'timeout', message: 'late'}))
    expect(atRisk(redis, silent, 60)).toMatchObject({count: 0, loses: false})
  })

  it('can lose what it holds where it does not, or cannot', () => {
    for (const persistence of [{aof: false}, {aof: true, aofLastWriteOk: false}]) {
      const holding = hub(snapshot => {
        Object.assign(factsIn(snapshot, 'redis').persistence, persistence)
        const celery = factsIn(snapshot, 'celery')
        celery.queues = [queue('celery', 7)]
        celery.unacked.messages = 3
      })
      expect(atRisk(redis, holding, 60)).toMatchObject({count: 10, loses: true})
    }
  })

  it('wants to be allowed where nobody can tell how many', () => {
    const silent = hub(snapshot => {
      inContainer(snapshot, 'redis', {command: ['redis-server']})
      for (const source of ['redis', 'celery'] as const)
        unreadable(snapshot, source, {code: 'timeout', message: 'late'})
    })
    expect(atRisk(redis, silent, 60)).toMatchObject({count: null, loses: true})
  })
})

it('starting what is stopped, unpausing and attaching lose nothing', () => {
  for (const fix of [
    {does: 'start'},
    {does: 'unpause', container: 'hub-redis'},
    {does: 'restart', service: 'flower', risks: null, mayComeInSeconds: 0},
  ] as Fix[])
    expect(
      atRisk(
        fix,
        hub(() => {}),
        60,
      ),
    ).toEqual({count: 0, loses: false, says: []})
})
