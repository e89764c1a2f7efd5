import {describe, expect, it} from 'vitest'
import type {Tracked} from '../../../src/alerts/machine.ts'
import {lineOf, notificationOf, runbookOf, sampleNotification} from '../../../src/alerts/notification.ts'
import {asPosted} from '../../../src/alerts/notify/alertmanager.ts'
import {notifiers, receiverName, receiverOf} from '../../../src/alerts/notify/registry.ts'

const at = Date.parse('2026-11-23T10:31:05.000Z')
const alert: Tracked = {
  row: {
    ...{id: 'queue_messages.warning{queue="a b"}', name: 'QueueMessages', metric: 'queue_messages'},
    ...{title: 'Queue depth', severity: 'warning', bound: {above: 10}, forSeconds: 60, windowSeconds: null},
    ...{leastSamples: 0, labels: {queue: 'a b'}, except: []},
  },
  ...{phase: 'firing', since: at - 60_000, firedAt: at, beyondAt: at, backSince: null, nothingSince: null},
  source: 'celery',
  seen: {
    ...{
      value: 11,
      unit: 'count',
      samples: null,
      summary: 'Queue depth of a b: 11, above 10',
      description: 'a\u001b',
    },
    evidence: [{label: 'a b', value: 11}],
    remedies: [
      {text: 'decide', kind: 'cure'},
      {text: 'look', kind: 'confirm', command: ['hub-mon', 'queues', 'a b']},
    ],
    ...{docs: 'docs/x.md', check: 'celery.queue-depth'},
  },
}
const about = {id: 'id-1', tool: '0.1.0', hub: 'shop'}
const fired = notificationOf({event: 'fired', at, why: null, alert}, about)
const resolved = notificationOf({event: 'resolved', at: at + 1000, why: 'back-inside', alert}, about)

describe('a notification', () => {
  it('is one line', () => {
    expect(lineOf(fired)).toBe(
      "2026-11-23T10:31:05.000Z warning fired QueueMessages: Queue depth of a b: 11, above 10; next: hub-mon queues 'a b'",
    )
    expect(lineOf({...resolved, attempt: 2})).toBe(
      '2026-11-23T10:31:06.000Z warning resolved QueueMessages: Queue depth of a b: 11, above 10; back inside its bound; may have been said before',
    )
  })

  it('names the cure that can be typed, else what looks closer, else nothing', () => {
    expect(runbookOf(fired.alert)).toBe("hub-mon queues 'a b'")
    const cure = {text: 'x', kind: 'cure' as const, command: ['hub-mon', 'up'], line: 'hub-mon up'}
    expect(runbookOf({remedies: [...fired.alert.remedies, cure]})).toBe('hub-mon up')
    expect(runbookOf({remedies: []})).toBe('')
  })
})

describe('for Alertmanager', () => {
  it('has the labels by which it routes, and lives four reminders long', () => {
    expect(asPosted(fired, at)).toEqual({
      labels: {
        ...{alertname: 'QueueMessages', severity: 'warning', hub: 'shop', metric: 'queue_messages'},
        queue: 'a b',
      },
      annotations: {
        ...{summary: 'Queue depth of a b: 11, above 10', description: 'a\u001b', docs: 'docs/x.md'},
        ...{runbook: "hub-mon queues 'a b'", explain: 'hub-mon explain celery.queue-depth'},
      },
      startsAt: '2026-11-23T10:31:05.000Z',
      endsAt: '2026-11-23T10:35:05.000Z',
    })
  })

  it('ends when it resolved; the labels are those it fired with', () => {
    const posted = asPosted(resolved, at + 9000)
    expect(posted).toMatchObject({startsAt: fired.at, endsAt: '2026-11-23T10:31:06.000Z'})
    expect(posted.labels).toEqual(asPosted(fired, at).labels)
  })

  it('a sample goes by itself', () => {
    expect(asPosted(sampleNotification(about, at), at)).toMatchObject({
      labels: {alertname: 'HubMonTest'},
      endsAt: '2026-11-23T10:32:05.000Z',
    })
  })
})

describe('receivers', () => {
  it.each([
    ['exec', 'curl -H "token: canary-1" http://x', 'exec curl …'],
    [
      'webhook',
      'https://user:canary-1@hooks.example.com/services/canary-1?token=canary-1',
      'webhook https://hooks.example.com/…',
    ],
    ['alertmanager', 'http://127.0.0.1:9093', 'alertmanager http://127.0.0.1:9093'],
  ])('%s %s is known as %s', (kind, address, name) => {
    const receiver = receiverOf(kind, address)
    expect(receiverName(receiver)).toBe(name)
    expect(receiver.id).toMatch(new RegExp(`^${kind}-[0-9a-f]{8}$`))
    expect(receiver.kind.fault(address)).toBeNull()
  })

  it('refuse what cannot be one', () => {
    for (const {fault} of notifiers) expect(fault(' ')).toMatch(/^wants /)
    expect(receiverOf('webhook', 'https://a').kind.fault('ftp://a/b')).toMatch(/^wants an address/)
  })
})
