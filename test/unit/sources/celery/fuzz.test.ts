import fc from 'fast-check'
import {describe, expect, it, vi} from 'vitest'
import {judgeAll} from '../../../../src/checks/judge.ts'
import {checks} from '../../../../src/checks/registry.ts'
import {report} from '../../../../src/cli/examine.ts'
import {doctorFormats} from '../../../../src/render/doctor/registry.ts'
import {reportJson, statsJson} from '../../../../src/render/json.ts'
import {queuesJson} from '../../../../src/render/queues/json.ts'
import {renderQueues} from '../../../../src/render/queues/table.ts'
import {renderStats} from '../../../../src/render/stats/tables.ts'
import {tasksJson} from '../../../../src/render/tasks/json.ts'
import {renderTasks} from '../../../../src/render/tasks/list.ts'
import type {View} from '../../../../src/render/view.ts'
import {workersJson} from '../../../../src/render/workers/json.ts'
import {renderWorkers} from '../../../../src/render/workers/render.ts'
import {workersIn} from '../../../../src/render/workers/rows.ts'
import {queueRows} from '../../../../src/report/queues.ts'
import {statsVerdict} from '../../../../src/report/stats-verdict.ts'
import {endedStates, listTasks, liveStates} from '../../../../src/report/tasks.ts'
import {type CeleryFacts, finishedStates} from '../../../../src/snapshot/celery.ts'
import {factsFrom} from '../../../../src/snapshot/reading.ts'
import {
  decodeReply,
  longestReply,
  type Method,
  methods,
} from '../../../../src/sources/celery/nodes/envelope.ts'
import {heldBy} from '../../../../src/sources/celery/nodes/held.ts'
import {duplicatesIn, nodesFrom, queueOptions} from '../../../../src/sources/celery/nodes/node.ts'
import {Replies} from '../../../../src/sources/celery/nodes/replies.ts'
import {decodeDelivered, decodeHeaders} from '../../../../src/sources/celery/queues/message.ts'
import {sampleOf} from '../../../../src/sources/celery/queues/messages.ts'
import {finishedByResults} from '../../../../src/sources/celery/tasks/finished.ts'
import {decodeResult, tally} from '../../../../src/sources/celery/tasks/outcome.ts'
import {fresh, healthy} from '../../../fixtures/healthy.ts'
import {taskMessage} from '../../../fleet/messages.ts'
import {asWritten, mutated, nastyText, notPlain, rawControl, recordedReply} from './hostile.ts'

// What never ends is told from what a busy machine does late.
vi.setConfig({testTimeout: 60_000})

const now = 1_800_000_000

function celery(): CeleryFacts {
  const facts = factsFrom(healthy().sources.celery)
  if (facts === undefined) throw new Error('a healthy hub has been read')
  return facts
}

const ticketOf = (method: Method) => `ticket-of-${method}`
const tickets = new Map<string, Method>(methods.map(method => [ticketOf(method), method]))

/** A reply's envelope around a body, both as hostile as they are given. */
function enveloped(
  ticket: unknown,
  body: string,
  change: (envelope: object) => unknown = same => same,
): string {
  const envelope = {
    body: Buffer.from(body).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {ticket, clock: 3},
    properties: {delivery_mode: 1, body_encoding: 'base64', delivery_tag: 'x'},
  }
  return asWritten(change(envelope))
}

/** Replies to every method, with shapes that were recorded and then spoilt, under names that nobody should have. */
const replies = fc
  .array(
    fc.constantFrom(...methods).chain(method =>
      fc.record({
        method: fc.constant(method),
        node: fc.oneof(fc.constantFrom('celery@one', 'celery@two'), nastyText),
        value: mutated(recordedReply(method)),
        ticket: fc.oneof(
          {weight: 5, arbitrary: fc.constant<unknown>(ticketOf(method))},
          {weight: 1, arbitrary: mutated('another')},
        ),
      }),
    ),
    {minLength: 1, maxLength: 12},
  )
  .map(all =>
    all.map(({node, value, ticket}) => enveloped(ticket, asWritten(Object.fromEntries([[node, value]])))),
  )

function factsOf(texts: readonly string[], queues: CeleryFacts['queues'] = celery().queues): CeleryFacts {
  const round = new Replies(tickets)
  for (const text of texts) {
    const reply = decodeReply(text)
    if (reply !== null) round.add(reply, 0.01)
  }
  const {nodes, registered} = nodesFrom(round, now)
  expect(notPlain(queueOptions(round))).toBeNull()
  heldBy({replies: round, subscribers: 2})
  return {
    ...celery(),
    probe: {subscribers: nodes.length + 1, seconds: 0.1},
    nodes,
    registered,
    duplicates: duplicatesIn(round),
    silent: ['celery@silent\x1b[31m'],
    queues: queues.map(queue => ({...queue, consumers: nodes.map(({name}) => name)})),
  }
}

const views: View[] = [
  {columns: 80, color: false, unicode: true, fit: true, verbosity: 'verbose'},
  {columns: 100, color: false, unicode: false, fit: false, verbosity: 'normal'},
]

/** Everything that is made of what Celery says: plain data, no check that breaks, and no control character on a terminal. */
async function expectHarmless(facts: CeleryFacts): Promise<void> {
  expect(notPlain(facts)).toBeNull()
  const snapshot = {...healthy(), sources: {...healthy().sources, celery: fresh(facts)}}
  const findings = judgeAll(checks, snapshot)
  expect(findings.filter(({message}) => message.startsWith('the check itself failed'))).toEqual([])
  const found = report(snapshot, checks)
  const workers = workersIn(snapshot, facts)
  const rows = queueRows(facts)
  const list = listTasks({celery: facts, finished: null, takenAt: snapshot.takenAt}, liveStates, {}, 50)
  const verdict = statsVerdict(found.samples, found.unread)
  for (const data of [
    reportJson(found),
    statsJson({...found, verdict}),
    workersJson(snapshot, facts, workers),
    queuesJson(rows, facts, snapshot),
    tasksJson(list, snapshot),
  ])
    expect(notPlain(data)).toBeNull()
  for (const view of views) {
    for (const text of [
      ...Object.values(doctorFormats).map(render => render(found, view)),
      await renderStats(found, view),
      await renderWorkers({snapshot, celery: facts, workers, all: false}, view),
      await renderQueues(rows, facts, snapshot, view, {all: true}),
      await renderTasks(list, snapshot, view, {rest: true}),
    ])
      expect(rawControl(text)).toBeNull()
  }
}

describe('replies of nodes', () => {
  it('of any shape become plain facts, findings and tables', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async texts => expectHarmless(factsOf(texts))),
      {numRuns: 50},
    )
  })

  it.each([1e308, -1e308, 1e15])('of a node that is up for %d seconds break nothing', async uptime => {
    const stats = {...(recordedReply('stats') as object), uptime}
    await expectHarmless(factsOf([enveloped(ticketOf('stats'), asWritten({'celery@one': stats}))]))
  })

  it('in any envelope never throw', () => {
    const body = asWritten({'celery@one': {ok: 'pong'}})
    const envelope = JSON.parse(enveloped(ticketOf('stats'), body))
    fc.assert(
      fc.property(mutated(envelope), spoilt => {
        const reply = decodeReply(asWritten(spoilt))
        if (reply !== null) new Replies(tickets).add(reply, 0)
      }),
      {numRuns: 300},
    )
  })

  it('that are no JSON never throw', () => {
    const whole = enveloped(ticketOf('stats'), asWritten({'celery@one': recordedReply('stats')}))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({unit: 'binary'}),
          fc.nat(whole.length).map(end => whole.slice(0, end)),
        ),
        text => {
          const reply = decodeReply(text)
          expect(reply === null || text === whole).toBe(true)
        },
      ),
      {numRuns: 500},
    )
  })

  it('to another ticket are nobody’s', () => {
    const round = new Replies(tickets)
    const reply = decodeReply(enveloped('of somebody else', asWritten({'celery@one': {ok: 'pong'}})))
    expect(reply).not.toBeNull()
    expect(reply === null || round.add(reply, 0)).toBe(false)
    expect(nodesFrom(round, now)).toEqual({nodes: [], registered: []})
  })

  it('nested without end are none', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = open.repeat(100_000) + (open === '[' ? '' : '1') + close.repeat(100_000)
      for (const method of ['stats', 'registered', 'conf'] as const) {
        const reply = decodeReply(enveloped(ticketOf(method), `{"celery@one": ${deep}}`))
        if (reply === null) continue
        const round = new Replies(tickets)
        round.add(reply, 0)
        expect(nodesFrom(round, now).nodes.length).toBe(1)
      }
    }
  })

  it('longer than any are counted, and not opened', () => {
    const body = asWritten({'celery@one': ['x'.repeat(10 * 1024 * 1024)]})
    const text = enveloped(ticketOf('registered'), body)
    expect(text.length).toBeGreaterThan(longestReply)
    expect(decodeReply(text)).toEqual({ticket: ticketOf('registered'), unreadable: true})
  })

  const answersWith: [Method, (long: string) => unknown][] = [
    ['stats', long => ({pid: 1, pool: {implementation: long}, broker: {hostname: long}, total: {[long]: 1}})],
    ['registered', long => [long]],
    ['active', long => [{id: long, name: long}]],
    ['active_queues', long => [{name: long}]],
    ['conf', long => ({result_backend: long, result_expires: long})],
    ['report', long => ({ok: long})],
    ['scheduled', long => [{eta: long, request: {id: long}}]],
  ]

  // A pattern that looks back and forth takes a time that grows with the square of a text's length: hours, for these.
  it.each(['a', '://', 'a:', ' [rate_limit=', '0', '\x1b'])(
    'with names of megabytes of %j take no time',
    async piece => {
      const long = piece.repeat(Math.floor(1_000_000 / piece.length))
      const texts = answersWith.map(([method, answer]) =>
        enveloped(ticketOf(method), asWritten({'celery@one': answer(long)})),
      )
      await expectHarmless(
        factsOf([...texts, enveloped(ticketOf('stats'), asWritten({[long]: {ok: 'pong'}}))]),
      )
    },
  )
})

describe('messages', () => {
  const message = JSON.parse(taskMessage({id: 'f1', name: 'tasks.add', queue: 'celery'}))

  it('of any shape become plain facts, findings and tables', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutated(message), {minLength: 1, maxLength: 5}),
        nastyText,
        async (spoilt, name) => {
          const messages = spoilt.map(one => Buffer.from(asWritten(one)))
          for (const one of messages) expect(notPlain(decodeHeaders(one))).toBeNull()
          const list = {step: 0, key: name, length: messages.length, messages, fromNewest: true}
          const sample = sampleOf({name, lists: [list], averageBytes: null})
          expect(notPlain(sample)).toBeNull()
          const [queue] = celery().queues
          if (queue !== undefined)
            await expectHarmless(factsOf([], [{...queue, name, ready: messages.length, sample}]))
        },
      ),
      {numRuns: 40},
    )
  })

  it('that are delivered, and bytes that are none, never throw', () => {
    fc.assert(
      fc.property(mutated([message, 'celery', 'celery']), fc.uint8Array(), (spoilt, bytes) => {
        expect(notPlain(decodeDelivered(Buffer.from(asWritten(spoilt))))).toBeNull()
        decodeDelivered(Buffer.from(bytes))
        decodeHeaders(Buffer.from(bytes))
      }),
      {numRuns: 300},
    )
  })
})

describe('results', () => {
  const failure = {
    ...{
      status: 'FAILURE',
      traceback: 'Traceback …',
      children: [],
      date_done: '2026-11-22T11:10:08.900880+00:00',
    },
    ...{task_id: 'f1', name: 'tasks.add', worker: 'celery@one', queue: 'celery', retries: 1},
    result: {exc_type: 'ValueError', exc_message: ['boom'], exc_module: 'builtins'},
  }

  it('of any shape become plain facts, findings and tables', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutated(failure), {minLength: 1, maxLength: 5}), async spoilt => {
        const results = spoilt.flatMap(one => decodeResult(asWritten(one)) ?? [])
        const sample = {results, database: 0, complete: true, expiry: null}
        const facts = tally(sample)
        const finished = finishedByResults(sample, finishedStates, 'no Flower')
        expect(notPlain(facts)).toBeNull()
        expect(notPlain(finished)).toBeNull()
        const snapshot = {
          ...healthy(),
          sources: {...healthy().sources, results: fresh(facts), finished: fresh(finished)},
        }
        const found = report(snapshot, checks)
        expect(found.findings.filter(({message}) => message.startsWith('the check itself failed'))).toEqual(
          [],
        )
        const list = listTasks({celery: null, finished, takenAt: snapshot.takenAt}, endedStates, {}, 50)
        for (const view of views)
          for (const text of [
            ...Object.values(doctorFormats).map(render => render(found, view)),
            await renderStats(found, view),
            await renderTasks(list, snapshot, view, {rest: false}),
          ])
            expect(rawControl(text)).toBeNull()
      }),
      {numRuns: 40},
    )
  })
})
