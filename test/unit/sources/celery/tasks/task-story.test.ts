import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {Method} from '../../../../../src/sources/celery/nodes/envelope.ts'
import {Replies} from '../../../../../src/sources/celery/nodes/replies.ts'
import {conceal, concealRepr} from '../../../../../src/sources/celery/tasks/conceal.ts'
import {
  deliveredMessage,
  isDeliveryOf,
  isOfTask,
  taskMessage,
} from '../../../../../src/sources/celery/tasks/task-message.ts'
import {nodesStory} from '../../../../../src/sources/celery/tasks/task-on-nodes.ts'
import {decodeStored} from '../../../../../src/sources/celery/tasks/task-result.ts'
import type {Json} from '../../../../../src/sources/loose-json.ts'
import {factsIn} from '../../../../fixtures/broken.ts'
import {healthy, node, runningTask} from '../../../../fixtures/healthy.ts'

const message = (headers: object, more: object = {}) =>
  JSON.stringify({
    body: Buffer.from(JSON.stringify([['CANARY'], {secret: 'CANARY'}, {}])).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {task: 'app.slow', id: 'the-id', retries: 1, root_id: 'r', origin: 'gen@web', ...headers},
    properties: {body_encoding: 'base64', delivery_info: {routing_key: 'celery'}},
    ...more,
  })

describe('a message', () => {
  it('is told from others by the id in its header, whatever else it holds', () => {
    const isIt = isOfTask('the-id')
    expect(isIt(Buffer.from(message({})))).toBe(true)
    expect(isIt(Buffer.from(message({id: 'another', parent_id: 'the-id'})))).toBe(false)
    expect(isIt(Buffer.from('the-id'))).toBe(false)
    expect(isDeliveryOf('the-id')(Buffer.from(`[${message({})},"","celery"]`))).toBe(true)
  })

  it('of any id is found by that id and no other', () => {
    fc.assert(
      fc.property(
        fc.string({unit: 'binary', minLength: 1, maxLength: 60}),
        fc.string({unit: 'binary', minLength: 1, maxLength: 60}),
        (id, other) => {
          // As Python writes it: all that is not ASCII is escaped.
          const escaped = message({id}).replace(
            /[\u0080-\uffff]/g,
            character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
          )
          expect(isOfTask(id)(Buffer.from(escaped))).toBe(true)
          expect(isOfTask(other)(Buffer.from(escaped))).toBe(id === other)
        },
      ),
      {numRuns: 50},
    )
  })

  it('tells all but its arguments, of which only kind and length', () => {
    const told = taskMessage(message({argsrepr: "('CANARY',)", kwargsrepr: '{}', group: 'g'}), false)
    expect(told).toMatchObject({
      ...{task: 'app.slow', retries: 1, rootId: 'r', groupId: 'g', origin: 'gen@web'},
      args: {kind: 'repr', length: 11, shown: null},
    })
    expect(JSON.stringify([told, taskMessage(message({}), false)])).not.toContain('CANARY')
  })

  it('whose body only says that it is JSON is told without its arguments', () => {
    const told = taskMessage(message({}, {body: Buffer.from('no JSON').toString('base64')}), true)
    expect(told).toMatchObject({task: 'app.slow', args: null, kwargs: null})
  })

  it('shows its arguments when asked to: as Python printed them, else out of a body that is JSON', () => {
    expect(taskMessage(message({argsrepr: '(1,)'}), true)?.args?.shown).toBe('(1,)')
    expect(taskMessage(message({}), true)).toMatchObject({
      args: {kind: 'list', length: 1, shown: '["CANARY"]'},
      kwargs: {shown: '{"secret":"CANARY"}'},
    })
    const pickled = taskMessage(message({}, {'content-type': 'application/x-python-serialize'}), true)
    expect(pickled).toMatchObject({contentType: 'application/x-python-serialize', args: null, kwargs: null})
  })

  it('may be anything', () => {
    const read = (text: string) => [taskMessage(text, true), deliveredMessage(text, true)]
    fc.assert(fc.property(fc.string({unit: 'binary'}), text => void read(text)))
    fc.assert(fc.property(fc.jsonValue(), value => void read(JSON.stringify(value))))
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.jsonValue(),
        (body, headers) => void read(JSON.stringify({body, headers})),
      ),
    )
  })
})

describe('what is concealed', () => {
  it.each<[Json, object]>([
    ['abc', {kind: 'text', length: 3}],
    [1, {kind: 'number', length: null}],
    [null, {kind: 'null', length: null}],
    [false, {kind: 'boolean', length: null}],
    [[1, 2], {kind: 'list', length: 2}],
    [{a: 1}, {kind: 'object', length: 1}],
  ])('%j is %j', (value, expected) => {
    expect(conceal(value, false)).toEqual({...expected, shown: null})
  })

  it('never shows anything of the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(conceal(value as Json, false).shown).toBeNull()
      }),
    )
    expect(concealRepr('CANARY', false)).toEqual({kind: 'repr', length: 6, shown: null})
  })

  it('is cut where it is asked for and very long', () => {
    expect(conceal('x'.repeat(1_000_000), true)).toMatchObject({length: 1_000_000})
    expect(conceal('x'.repeat(1_000_000), true).shown?.length).toBe(10_000)
  })
})

describe('a stored result', () => {
  const stored = (more: object) =>
    JSON.stringify({
      status: 'SUCCESS',
      result: 'CANARY',
      traceback: null,
      children: [],
      task_id: 'x',
      ...more,
    })

  it('of Celery 5.2 and of 5.6 is the same', () => {
    expect(decodeStored(stored({date_done: '2026-11-22T11:10:08.9'}), false).doneAt).toBe(
      decodeStored(stored({date_done: '2026-11-22T11:10:08.900000+00:00'}), false).doneAt,
    )
  })

  it('tells how it ended and who belongs to it, not what came of it', () => {
    const told = decodeStored(
      stored({
        ...{
          group_id: 'g',
          parent_id: 'p',
          children: [[['c1', null], null], [['c2', [['p', null], null]], null], 7],
        },
        ...{
          name: 'app.slow',
          args: ['CANARY'],
          kwargs: {a: 'CANARY'},
          worker: 'celery@a',
          retries: 2,
          queue: 'q',
        },
      }),
      false,
    )
    expect(told).toMatchObject({
      ...{
        state: 'SUCCESS',
        groupId: 'g',
        parentId: 'p',
        children: ['c1', 'c2'],
        node: 'celery@a',
        queue: 'q',
      },
      ...{value: {kind: 'text', length: 6}, args: {kind: 'list', length: 1}, unreadable: null},
    })
    expect(JSON.stringify(told)).not.toContain('CANARY')
  })

  it('of a failure is its exception and traceback', () => {
    const failed = {
      status: 'FAILURE',
      result: {exc_type: 'E', exc_message: ['m'], exc_module: 'b'},
      traceback: 'T\n',
    }
    expect(decodeStored(stored(failed), true)).toMatchObject({
      exception: 'E: m',
      traceback: 'T\n',
      value: null,
    })
  })

  it('that is no JSON is named and left alone', () => {
    expect(decodeStored('\x80\x04\x95', true)).toMatchObject({
      state: null,
      unreadable: 'it is not JSON (another result_serializer), and is not opened',
    })
    fc.assert(fc.property(fc.string({unit: 'binary'}), text => void decodeStored(text, true)))
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (children, result) => {
        decodeStored(stored({children, result, args: children, group_id: result}), true)
      }),
    )
  })
})

describe('nodes', () => {
  const question = {id: 'the-id', showArgs: false, passive: false}
  const celery = {
    ...factsIn(healthy(), 'celery'),
    nodes: [node('a', {active: [runningTask('the-id', 'app.set')]})],
  }
  function replies(...told: [Method, string, Json][]): Replies {
    const methods: Method[] = ['ping', 'query_task', 'revoked', 'scheduled']
    const all = new Replies(new Map(methods.map(method => [method, method])))
    for (const [method, name, value] of told) all.add({ticket: method, node: name, value, clock: 0}, 0.01)
    return all
  }
  const told = (...args: Parameters<typeof replies>) =>
    nodesStory({replies: replies(...args), subscribers: 2}, celery, question, true)
  const request = {name: 'app.slow', args: ['CANARY'], kwargs: {}, time_start: 1795345735.16, worker_pid: 7}

  it('tell what they run, have reserved and hold for an ETA', () => {
    const story = told(
      [
        'query_task',
        'a',
        {'the-id': ['active', {...request, delivery_info: {routing_key: 'q', redelivered: true}}]},
      ],
      ['query_task', 'b', {'the-id': ['reserved', {...request, time_start: null, worker_pid: null}]}],
      ['query_task', 'c', {}],
      ['scheduled', 'c', [{eta: '2026-11-23T10:00:00+00:00', request: {id: 'the-id', name: 'app.slow'}}]],
      ['revoked', 'b', ['x', 'the-id']],
    )
    expect(story.held).toMatchObject([
      {
        node: 'a',
        state: 'running',
        queue: 'q',
        pid: 7,
        redelivered: true,
        startedAt: '2026-11-22T11:08:55.160Z',
      },
      {node: 'b', state: 'reserved', startedAt: null, pid: null},
      {node: 'c', state: 'scheduled', eta: '2026-11-23T10:00:00.000Z'},
    ])
    expect(story.revokedOn).toEqual(['b'])
    expect(JSON.stringify(story)).not.toContain('CANARY')
  })

  it('that cannot say it in JSON are believed what they said before', () => {
    expect(told(['ping', 'a', {ok: 'pong'}]).held).toMatchObject([
      {node: 'a', state: 'running', task: 'app.set', args: null},
    ])
  })

  it('that answered a moment ago and are too busy to answer again are believed what they said, and count as silent', () => {
    expect(told(['query_task', 'b', {}])).toMatchObject({
      answered: ['b'],
      held: [{node: 'a', state: 'running', task: 'app.set'}],
    })
  })

  it('that answer a ping and not the question have not said that they do not have it', () => {
    expect(told(['ping', 'b', {ok: 'pong'}], ['query_task', 'a', {}]).answered).toEqual(['a'])
  })

  it('that share a name are two that answered', () => {
    expect(told(['query_task', 'b', {}], ['query_task', 'b', {}]).answered).toEqual(['b', 'b'])
  })

  it('may say anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
        told(
          ['query_task', '__proto__', {'the-id': value as Json}],
          ['query_task', 'a', other as Json],
          ['revoked', 'a', value as Json],
          ['scheduled', 'b', other as Json],
        )
      }),
    )
  })
})
