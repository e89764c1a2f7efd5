import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import fc from 'fast-check'
import {afterEach, describe, expect, it} from 'vitest'
import {finishedByResults, readFinished} from '../../../../src/sources/celery/tasks/finished.ts'
import type {StoredResult} from '../../../../src/sources/celery/tasks/outcome.ts'
import {finishedByFlower} from '../../../../src/sources/flower/finished.ts'
import {flowerStory, taskByFlower} from '../../../../src/sources/flower/task.ts'
import {type FlowerOptions, startFlower} from '../../../stand-ins/flower.ts'

const never = new AbortController().signal
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(close => close()))
})
async function at(options: FlowerOptions = {}) {
  const flower = await startFlower(options)
  open.push(flower.close)
  return {url: flower.url, credentials: null}
}
const result = (id: string, status: string, doneAt: string | null): StoredResult => ({
  ...{id, status, doneAt, task: null, retries: null, node: null, queue: null, exception: null},
})

describe('finished tasks', () => {
  it('come from Flower, newest first, without arguments, results and tracebacks', async () => {
    const {tasks, complete} = await finishedByFlower(await at(), ['SUCCESS', 'FAILURE', 'REVOKED'], never)
    expect(complete).toBe(true)
    expect(tasks.map(task => task.at)).toEqual(
      tasks
        .map(task => task.at)
        .sort()
        .reverse(),
    )
    expect(tasks[0]).toEqual({
      id: '394e79cf-7e74-45fb-ae34-70397f9d1a7a',
      ...{name: 'app.celery_app.sleepy', state: 'SUCCESS', node: 'w1@vm', queue: 'celery'},
      ...{at: '2026-11-22T11:15:42.922Z', runtimeSeconds: expect.closeTo(1.003, 3), exception: null},
    })
    expect(tasks.at(-1)).toMatchObject({state: 'FAILURE', exception: "ValueError('boom')"})
    expect(JSON.stringify(tasks)).not.toContain('Traceback')
  })

  it.each<[string, FlowerOptions, RegExp]>([
    ['closed', {mode: 'not-enabled'}, /closed \(401\)/],
    ['asks for a sign-in', {mode: 'auth'}, /closed \(401\)/],
  ])('come from the result backend where Flower is %s, and why is said', async (_what, options, why) => {
    const facts = await readFinished(
      at(options),
      async () => ({results: [result('a', 'FAILURE', null)], complete: true, database: 1, expiry: null}),
      ['FAILURE'],
      never,
    )
    expect(facts).toMatchObject({from: 'results', tasks: [{id: 'a', state: 'FAILURE'}], looked: 1})
    expect(facts.notFlower).toMatch(why)
  })

  it('are not asked of an address that is another’s', async () => {
    const {url} = await at({mode: 'prefix'})
    const wrong = {url: url.replace('/flower', ''), credentials: null}
    await expect(finishedByFlower(wrong, ['SUCCESS'], never)).rejects.toThrow(
      'another url_prefix, or no Flower',
    )
  })

  it('of a list too long to be read are asked for again, fewer', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const many = request.url?.includes('limit=500') === true
      response.end(many ? `{"a": "${'x'.repeat(3_000_000)}"}` : '{"a": {"state": "SUCCESS", "succeeded": 1}}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    open.push(async () => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const {tasks, complete} = await finishedByFlower({url, credentials: null}, ['SUCCESS'], never)
    expect(asked).toEqual(['/api/tasks?state=SUCCESS&limit=500', '/api/tasks?state=SUCCESS&limit=50'])
    expect(tasks).toMatchObject([{id: 'a', at: '1970-01-01T00:00:01.000Z'}])
    expect(complete).toBe(false)
  })

  it('of the result backend are those that ended, newest first', () => {
    const results = [
      result('old', 'SUCCESS', '2026-11-22T10:00:00.000Z'),
      result('new', 'SUCCESS', '2026-11-22T11:00:00.000Z'),
      result('failed', 'FAILURE', '2026-11-22T11:00:00.000Z'),
      result('runs', 'STARTED', null),
    ]
    const facts = finishedByResults({results, complete: false}, ['SUCCESS'], 'why')
    expect(facts.tasks.map(({id}) => id)).toEqual(['new', 'old'])
    expect(facts).toMatchObject({looked: 3, complete: false, notFlower: 'why'})
  })
})

describe('one task', () => {
  it('is asked for by its id, whatever is in it', async () => {
    const flower = await startFlower()
    open.push(flower.close)
    const access = {url: flower.url, credentials: null}
    const ask = (id: string) => taskByFlower(access, {id, showArgs: false}, never)
    expect(await ask('394e79cf-7e74-45fb-ae34-70397f9d1a7a')).toMatchObject({state: 'SUCCESS', node: 'w1@vm'})
    expect(await ask('../../api/tasks?x=#y')).toBeNull()
    expect(flower.requests.at(-1)).toBe('GET /api/task/info/..%2F..%2Fapi%2Ftasks%3Fx%3D%23y')
  })

  it('keeps its arguments and result to itself unless they are asked for', () => {
    const task = {
      uuid: 'x',
      args: "('CANARY',)",
      kwargs: "{'a': 'CANARY'}",
      result: "'CANARY'",
      state: 'SUCCESS',
    }
    expect(JSON.stringify(flowerStory(task, 'x', false))).not.toContain('CANARY')
    expect(flowerStory(task, 'x', true)).toMatchObject({
      args: {shown: "('CANARY',)"},
      value: {shown: "'CANARY'"},
    })
    expect(flowerStory(task, 'y', true)).toBeNull()
  })

  it('may be anything', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('args', 'children', 'started', 'retries', 'state'), fc.jsonValue()),
        more => {
          flowerStory({...(more as object), uuid: 'x'}, 'x', true)
        },
      ),
    )
  })
})
