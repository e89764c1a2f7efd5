import {expect, it} from 'vitest'
import {groupsOf} from '../../../../src/render/workers/groups.ts'
import {type Worker, workersIn} from '../../../../src/render/workers/rows.ts'
import type {CeleryFacts} from '../../../../src/snapshot/celery.ts'
import {factsFrom} from '../../../../src/snapshot/reading.ts'
import {healthy} from '../../../fixtures/healthy.ts'

function workers(count: number, of: (place: number) => Partial<Worker>): Worker[] {
  const snapshot = healthy()
  const celery: CeleryFacts | undefined = factsFrom(snapshot.sources.celery)
  const [one] = celery === undefined ? [] : workersIn(snapshot, celery)
  if (one === undefined) throw new Error('a healthy hub has a node')
  return Array.from({length: count}, (_, place) => ({...one, oldestRunningSeconds: null, ...of(place)}))
}

it.each<[what: string, of: (place: number) => Partial<Worker>, rows: number]>([
  [
    'fifty queues, a name for each',
    place => ({name: `celery@q${place % 50}-host`, queues: [`q${place % 50}`]}),
    1,
  ],
  ['ten queues', place => ({name: `celery@host-${place}`, queues: [`q${place % 10}`]}), 10],
  [
    'fifty names of two releases',
    place => ({name: `celery@${'x'.repeat((place >> 1) % 50)}`, registered: place % 2}),
    2,
  ],
  ['a release each', place => ({name: `celery@host-${place}`, registered: place}), 1],
])('1,000 nodes with %s take no more than a screen', (_what, of, rows) => {
  const all = workers(1000, of)
  const groups = groupsOf(all, {together: true})
  expect(groups).toHaveLength(rows)
  expect(groups.flatMap(group => group.workers)).toHaveLength(1000)
  expect(groupsOf(all, {together: false})).toHaveLength(1000)
})
