import {describe, expect, it} from 'vitest'
import {countByConsumers, isSuspicious, mayHoard} from '../../../../../src/sources/celery/queues/flow.ts'
import {node, queue, runningTask} from '../../../../fixtures/healthy.ts'

const held = (id: string) => ({id, name: 'a', queue: 'celery'})

describe('suspicion', () => {
  const backlog = queue('celery', 40, {consumers: ['one']})

  it('falls on a backlog that a consumer has room for', () => {
    expect(isSuspicious(backlog, [node('one', {prefetch: 8, reserved: 3})])).toBe(true)
    expect(isSuspicious(backlog, [node('one', {prefetch: 0, reserved: 300})])).toBe(true)
  })

  it('does not fall on nodes that are busy, on empty queues, or on those without a known consumer', () => {
    expect(isSuspicious(backlog, [node('one', {prefetch: 8, reserved: 8})])).toBe(false)
    const late = {prefetch: 2, reserved: 1, active: [runningTask('1', 'a', {acknowledged: false})]}
    expect(isSuspicious(backlog, [node('one', late)])).toBe(false)
    expect(isSuspicious(backlog, [node('one', {prefetch: 4, reserved: 2, scheduled: 2})])).toBe(false)
    expect(isSuspicious(backlog, [node('one', {prefetch: null})])).toBe(false)
    expect(isSuspicious({...backlog, ready: 0}, [node('one')])).toBe(false)
    expect(isSuspicious({...backlog, consumers: null}, [node('one')])).toBe(false)
    expect(isSuspicious({...backlog, consumers: []}, [node('one')])).toBe(false)
  })

  it('falls on one that holds tasks back while another of the same queue idles', () => {
    const queues = [queue('celery', 0, {consumers: ['one', 'two']})]
    const full = node('one', {reserved: 4, reservedTasks: [held('1')]})
    expect(mayHoard(queues, [full, node('two', {reserved: 0})])).toBe(true)
    expect(mayHoard(queues, [full, node('two', {active: [runningTask('1', 'a')]})])).toBe(false)
    expect(mayHoard([queue('celery', 0, {consumers: ['one']})], [full, node('two')])).toBe(false)
  })
})

describe('counting by consumers', () => {
  const flow = {seconds: 2, ready: 4, arrived: null, taken: null, headUnchanged: false}
  const drained = queue('fast', 1, {consumers: ['one', 'two'], flow})
  const nodes = ['one', 'two'].map(name => node(name, {queues: ['fast'], accepted: {a: 10, b: 5}}))

  it('takes what they began, and what must have come for that', () => {
    const later = new Map([
      ['one', {a: 12, b: 5}],
      ['two', {a: 10, b: 9}],
    ])
    expect(countByConsumers([drained], nodes, later)[0]?.flow).toMatchObject({taken: 6, arrived: 9})
  })

  it('tells nothing where a consumer has other queues, too, or did not answer again', () => {
    const later = new Map([['one', {a: 12}]])
    expect(countByConsumers([drained], nodes, later)[0]?.flow?.taken).toBeNull()
    const more = nodes.map(one => ({...one, queues: ['fast', 'slow']}))
    const both = new Map(nodes.map(({name, accepted}) => [name, accepted]))
    expect(countByConsumers([drained], more, both)[0]?.flow?.taken).toBeNull()
  })

  it('does not begin anew where a node has', () => {
    const restarted = new Map(nodes.map(({name}) => [name, {}]))
    expect(countByConsumers([drained], nodes, restarted)[0]?.flow).toMatchObject({taken: 0})
  })
})
