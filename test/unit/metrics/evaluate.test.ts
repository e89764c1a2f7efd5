import {describe, expect, it} from 'vitest'
import {evaluate} from '../../../src/metrics/evaluate.ts'
import type {Measurement, Metric} from '../../../src/metrics/metric.ts'
import type {BoundOverride} from '../../../src/snapshot/snapshot.ts'
import {hub} from '../../fixtures/broken.ts'
import {healthy} from '../../fixtures/healthy.ts'

function metric(value: number | null, more: Partial<Metric & Measurement> = {}): Metric {
  const {samples = null, labels = {}, ...rest} = more
  return {
    ...{
      id: 'queue_messages',
      title: 'Queue depth',
      help: '',
      unit: 'count',
      per: ['queue'],
      reads: ['celery'],
    },
    ...{target: {below: 10}, warning: {above: 10}, critical: {above: 100}},
    measure: () => [{labels, value, source: 'celery', since: null, samples}],
    ...rest,
  }
}

function sample(measured: Metric, bounds: BoundOverride[] = []) {
  const [first] = evaluate(
    measured,
    hub(snapshot => {
      snapshot.expected.bounds = bounds
    }),
  )
  return first
}

describe('target and alert are two bounds', () => {
  it.each([
    [9, true, 'ok'],
    [10, false, 'ok'],
    [11, false, 'warning'],
    [100, false, 'warning'],
    [101, false, 'critical'],
  ])('%d messages', (value, targetMet, level) => {
    expect(sample(metric(value))).toMatchObject({targetMet, level})
  })
})

describe('what cannot be judged', () => {
  it('is null when it was not measured, never 0', () => {
    expect(sample(metric(null))).toMatchObject({value: null, targetMet: null, level: 'not-measured'})
  })

  it('is shown and not judged with too few samples', () => {
    const few = metric(50, {samples: 19, leastSamples: 20})
    expect(sample(few)).toMatchObject({
      value: 50,
      targetMet: null,
      level: 'not-enough-data',
      leastSamples: 20,
    })
    expect(sample(metric(50, {samples: 20, leastSamples: 20}))).toMatchObject({level: 'warning'})
  })

  it('has too few samples, not no measurement, when nothing has happened yet', () => {
    expect(sample(metric(null, {samples: 0, leastSamples: 20}))).toMatchObject({level: 'not-enough-data'})
  })

  it('has no target to meet where there is none', () => {
    expect(sample(metric(5, {target: null}))).toMatchObject({target: null, targetMet: null, level: 'ok'})
  })
})

describe('the configuration', () => {
  const emails = metric(40, {labels: {queue: 'emails'}})

  it('sets bounds for all', () => {
    expect(sample(emails, [{metric: 'queue_messages', warning: {above: 50}}])).toMatchObject({level: 'ok'})
    expect(sample(emails, [{metric: 'queue_messages', warning: null}])).toMatchObject({level: 'ok'})
    expect(sample(emails, [{metric: 'task_failed_total', warning: null}])).toMatchObject({level: 'warning'})
  })

  it('sets bounds for one, which win wherever they stand', () => {
    const one = {metric: 'queue_messages', labels: {queue: 'emails'}, warning: {above: 50}}
    const all = {metric: 'queue_messages', warning: {above: 20}}
    expect(sample(emails, [one, all])).toMatchObject({level: 'ok'})
    expect(sample(emails, [all, one])).toMatchObject({level: 'ok'})
    expect(sample(metric(40, {labels: {queue: 'other'}}), [one, all])).toMatchObject({level: 'warning'})
  })

  it('wins over what the hub itself expects', () => {
    const expecting = metric(3, {boundsIn: () => ({target: {above: 3}})})
    expect(sample(expecting)).toMatchObject({targetMet: false})
    expect(sample(expecting, [{metric: 'queue_messages', target: {above: 2}}])).toMatchObject({
      targetMet: true,
    })
  })

  it('leaves the metric as it was', () => {
    sample(emails, [{metric: 'queue_messages', target: {below: 99}}])
    expect(evaluate(emails, healthy())[0]).toMatchObject({target: {below: 10}})
  })
})
