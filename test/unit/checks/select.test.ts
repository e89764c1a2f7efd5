import {describe, expect, it} from 'vitest'
import {checks} from '../../../src/checks/registry.ts'
import {select} from '../../../src/checks/select.ts'
import {HubError} from '../../../src/errors/hub-error.ts'

const running = (only: string[], skip: string[] = []) => select({only, skip, phase: 'running'})
const ids = (selection: {checks: {id: string}[]}) => selection.checks.map(({id}) => id)

describe('choosing checks', () => {
  it('takes all of the phase when nothing is said', () => {
    expect(ids(running([]))).toEqual(checks.filter(({phase}) => phase !== 'pre').map(({id}) => id))
    expect([...running([]).sources].sort()).toEqual(
      [
        'celery',
        'compose',
        'docker',
        'flower',
        'history',
        'host',
        'logs',
        'outside',
        'redis',
        'results',
        'stats',
      ].sort(),
    )
  })

  it('asks nothing of a running hub before the start', () => {
    const pre = select({only: [], skip: [], phase: 'pre'})
    expect(ids(pre)).toContain('host.ports-free')
    expect(new Set(pre.checks.map(({category}) => category))).toEqual(new Set(['docker', 'compose', 'host']))
    expect([...pre.sources].sort()).toEqual(['compose', 'docker', 'host'])
  })

  it.each([['redis.memory'], ['redis.m*']])(
    'takes an id or a glob, and the roots it stands on: %s',
    pattern => {
      expect(ids(running([pattern]))).toEqual([
        'docker.permission',
        'docker.reachable',
        'redis.reachable',
        'redis.memory',
      ])
    },
  )

  it('takes a category', () => {
    expect(ids(running(['redis'])).filter(id => id.startsWith('redis.'))).toHaveLength(7)
  })

  it('reads no more than is needed', () => {
    expect([...running(['stack.oom-killed']).sources]).toEqual(['docker'])
  })

  it('says how closely Celery must be looked at, and no closer', () => {
    expect(running(['celery.nodes-online']).celery).toEqual({})
    expect(running(['celery.consuming']).celery).toEqual({secondLook: 'when-suspicious'})
    expect(running([]).celery).toEqual({
      clocks: true,
      messages: true,
      scheduled: true,
      secondLook: 'when-suspicious',
    })
    expect(running([], ['celery.unacked', 'celery.consuming', 'celery.prefetch']).celery).toEqual({
      clocks: true,
      messages: true,
    })
  })

  it('leaves out what is skipped, but not the root of what is left', () => {
    const left = ids(running(['redis.memory', 'redis.clients'], ['redis.clients', 'redis.reachable']))
    expect(left).not.toContain('redis.clients')
    expect(left).toContain('redis.reachable')
  })

  it('takes a dot for a dot', () => {
    expect(() => running(['redisXmemory*'])).toThrow(HubError)
  })

  it('says what may have been meant', () => {
    const misspelt = () => running(['redis.memry'])
    expect(misspelt).toThrow(expect.objectContaining({code: 'no-such-check', exit: 64}))
    expect(misspelt).toThrow(
      expect.objectContaining({
        suggestions: expect.arrayContaining([expect.stringContaining('redis.memory')]),
      }),
    )
    expect(() => running([], ['flowr'])).toThrow(
      expect.objectContaining({suggestions: expect.arrayContaining([expect.stringContaining('flower')])}),
    )
  })

  it('refuses to look at nothing', () => {
    expect(() => running([], ['*'])).toThrow(expect.objectContaining({code: 'no-check-left', exit: 64}))
    expect(() => select({only: ['redis'], skip: [], phase: 'pre'})).toThrow(
      expect.objectContaining({code: 'no-check-left'}),
    )
  })
})
