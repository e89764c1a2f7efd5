import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {judgeAll} from '../../../src/checks/judge.ts'
import {checks} from '../../../src/checks/registry.ts'
import type {Finding} from '../../../src/report/finding.ts'
import type {CeleryFacts} from '../../../src/snapshot/celery.ts'
import {sourceIds} from '../../../src/snapshot/reading.ts'
import {anyCelery} from '../../fixtures/any-celery.ts'
import {unreadable} from '../../fixtures/broken.ts'
import {fresh, healthy} from '../../fixtures/healthy.ts'

const asked = checks.filter(({phase}) => phase !== 'pre')

function findingsOn(celery: CeleryFacts, gone: readonly (typeof sourceIds)[number][] = []): Finding[] {
  const snapshot = healthy()
  snapshot.sources.celery = fresh(celery)
  for (const source of gone) unreadable(snapshot, source, {code: 'timeout', message: 'gone'})
  return judgeAll(asked, snapshot)
}

describe('whatever Celery tells', () => {
  it('no check breaks on it, and each says something', () => {
    fc.assert(
      fc.property(anyCelery, fc.subarray([...sourceIds]), (celery, gone) => {
        for (const {check, message, status, remedies, evidence} of findingsOn(celery, gone)) {
          expect(message, check).not.toMatch(/the check itself failed|undefined|NaN|Infinity/)
          expect(message, check).not.toBe('')
          if (status === 'pass' || status === 'skipped') expect(remedies, check).toEqual([])
          for (const {command} of remedies)
            expect(command?.every(word => typeof word === 'string') ?? true, check).toBe(true)
          for (const {value} of evidence)
            expect(typeof value === 'number' ? Number.isFinite(value) : true, check).toBe(true)
          expect(remedies.length, check).toBeLessThan(20)
          expect(message.length, check).toBeLessThan(700)
        }
      }),
      {numRuns: 150},
    )
  }, 30_000)

  it('a node without a name is said to be one', () => {
    const {celery} = healthy().sources
    if (celery?.status !== 'fresh') throw new Error('no Celery in the fixture')
    const [node] = celery.value.nodes
    const nodes = node === undefined ? [] : [{...node, name: ''}]
    const found = findingsOn({...celery.value, nodes}).find(({check}) => check === 'celery.nodes-online')
    expect(found?.message).toContain('a node without a name')
  })

  it('what only nodes can tell is never judged where none was asked', () => {
    const byNodes = [
      'nodes-answering',
      'node-names',
      'nodes-alike',
      'consuming',
      'tasks-registered',
      'prefetch',
    ]
    fc.assert(
      fc.property(anyCelery, celery => {
        const found = findingsOn({...celery, probe: null, nodes: []})
        for (const name of byNodes)
          expect(found.find(({check}) => check === `celery.${name}`)?.status).toBe('skipped')
      }),
      {numRuns: 50},
    )
  }, 30_000)
})
