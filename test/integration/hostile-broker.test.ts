import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {RespClient} from '../fleet/resp.ts'
import {measureHubMon} from '../services/measured.ts'
import {type RedisService, startRedis} from '../services/redis.ts'
import {complaints} from '../services/schemas.ts'
import {replyOf, type Stranger, startStranger} from '../services/stranger.ts'

// Each run has its own bound below; together, on a busy machine, they may take longer than a test usually does.
vi.setConfig({testTimeout: 300_000})

let redis: RedisService
let stranger: Stranger | undefined
beforeEach(async () => {
  redis = await startRedis()
  stranger = undefined
})
afterEach(async () => {
  stranger?.stop()
  await redis.stop()
})

/** `--timeout` and the grace at the end; what is above it is a busy machine's. */
const mostSeconds = 20
/** 100 MB of answers are taken before it is called a flood; Node holds a text more than once for a while. */
const mostMegabytes = 400
const verdicts = [0, 1, 2, 3]
const listed = [0, 69]
const commands: [words: string[], schema: string, codes: number[]][] = [
  [['workers'], 'workers@1', listed],
  [['queues', '--interval', '0.2s'], 'queues@1', listed],
  [['tasks'], 'tasks@1', listed],
  [['doctor'], 'doctor@1', verdicts],
]

type Data = Record<string, unknown>

/** Every command, as JSON and as text: it ends in time, with a code of its own, in bounded memory, and prints nothing raw. */
async function expectHarmless(forms: readonly string[][] = [['--json'], []]): Promise<Data[]> {
  const documents: Data[] = []
  for (const [words, schema, codes] of commands) {
    for (const json of forms) {
      const what = [...words, ...json]
      const ended = await measureHubMon([...what, '--redis-url', redis.url])
      expect([what, codes.includes(ended.code ?? -1), ended.stderr]).toEqual([what, true, expect.any(String)])
      expect([what, ended.seconds < mostSeconds]).toEqual([what, true])
      expect([what, ended.maxRssBytes / 1e6 < mostMegabytes]).toEqual([what, true])
      expect([what, raw(ended.stderr)]).toEqual([what, null])
      expect([what, / at .*:\d+:\d+/.test(ended.stderr)]).toEqual([what, false])
      if (json.length === 0) {
        expect([what, raw(ended.stdout)]).toEqual([what, null])
        continue
      }
      const document = JSON.parse(ended.stdout)
      expect([what, complaints(document.error === null ? schema : 'error@1', document)]).toEqual([what, []])
      documents.push(document.data)
    }
  }
  // What a stranger writes to a list after it was taken away is his; that nodes do not is what the binding is for.
  const bound = await redis.cli(
    'SSCAN',
    '_kombu.binding.reply.celery.pidbox',
    '0',
    'MATCH',
    'hub-mon-*',
    'COUNT',
    '1000000',
  )
  expect(bound).not.toContain('hub-mon-')
  return documents
}

function raw(text: string): string | null {
  const found = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.exec(text)
  return found === null ? null : JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 20))
}

describe('a stranger on the broker', () => {
  it('who answers everything with garbage is not taken for a node', async () => {
    stranger = await startStranger(redis.port, ({ticket}) => [
      'no JSON',
      '',
      '{}',
      '[]',
      'null',
      '{"body": "e30=", "headers": {"ticket": null}}',
      replyOf('another ticket', 'celery@stranger', {ok: 'pong'}),
      `{"headers": {"ticket": ${JSON.stringify(ticket)}}, "body": "not base64 of JSON", "content-type": "application/json", "properties": {"body_encoding": "base64"}}`,
      replyOf(ticket, 'celery@stranger', 1).slice(0, -20),
    ])
    const [workers] = await expectHarmless()
    expect(stranger.heard()).toBeGreaterThan(0)
    expect(workers).toMatchObject({nodes: [], probe: {subscribers: 1}})
  })

  it('who forges replies of many nodes, with names that a terminal would act on, is shown harmlessly', async () => {
    const names = [
      '\x1b]0;owned\x07',
      '__proto__',
      'constructor',
      '\x9b31m',
      'a\nb',
      '\u202egnp',
      '',
      'x'.repeat(10_000),
    ]
    const values = [
      null,
      [],
      {},
      1,
      'x',
      [[[]]],
      {pool: 1, broker: [], total: {'\x1b[2J': 1e308}},
      [{name: '\x1b[2J', id: '\x1b[2J', hostname: []}],
      ['\x1b[2J'],
    ]
    stranger = await startStranger(redis.port, ({ticket}) =>
      names.flatMap(name => values.map(value => replyOf(ticket, name, value))),
    )
    await expectHarmless()
    expect(stranger.heard()).toBeGreaterThan(0)
  })

  it('who answers with 10 MB each time is not listened to for ever', async () => {
    const long = 'x'.repeat(10 * 1024 * 1024)
    // Made once: a stranger that is slow to say so much would not be listened to at all.
    const [before = '', after = ''] = replyOf('TICKET', 'celery@long', [long]).split('TICKET')
    stranger = await startStranger(redis.port, ({ticket, method}) => [
      method === 'stats' ? long : `${before}${ticket}${after}`,
    ])
    await expectHarmless([['--json']])
    expect(stranger.heard()).toBeGreaterThan(0)
  })

  it('who floods the list of replies does not keep it from ending', async () => {
    const noise = 'x'.repeat(100_000)
    let flooding: NodeJS.Timeout | undefined
    const flood = await RespClient.open({host: '127.0.0.1', port: redis.port})
    stranger = await startStranger(redis.port, ({list}) => {
      clearInterval(flooding)
      let left = 100
      flooding = setInterval(() => {
        left -= 1
        if (left < 0) return clearInterval(flooding)
        void flood.askAll(Array.from({length: 20}, () => ['LPUSH', list, noise])).catch(() => {})
      }, 5)
      return []
    })
    try {
      for (const [words, , codes] of commands) {
        const ended = await measureHubMon([...words, '--json', '--redis-url', redis.url])
        expect([words, codes.includes(ended.code ?? -1), ended.stderr]).toEqual([words, true, ''])
        expect([words, ended.seconds < mostSeconds, ended.maxRssBytes / 1e6 < mostMegabytes]).toEqual([
          words,
          true,
          true,
        ])
      }
    } finally {
      clearInterval(flooding)
    }
  })
})

it('keys of wrong types under every name that is read are told, or left out', async () => {
  const sep = '\x06\x16'
  const strings = [
    'celery',
    `celery${sep}3`,
    'unacked',
    'unacked_index',
    'unacked_mutex',
    '_kombu.binding.celery',
    '_kombu.binding.celeryev',
  ]
  const lists = [
    '_kombu.binding.celery.pidbox',
    '_kombu.binding.reply.celery.pidbox',
    '_kombu.binding.other',
    'celery-task-meta-1',
    'f.reply.celery.pidbox',
  ]
  for (const key of strings) await redis.cli('SET', key, '\x1b[2J')
  for (const key of lists) await redis.cli('RPUSH', key, '\x1b[2J')
  await redis.cli('SADD', 'g.reply.celery.pidbox', '\x1b[2J')
  await expectHarmless()
})

it('bindings with 100,000 members, hostile ones among them, take neither time nor memory without end', async () => {
  const client = await RespClient.open({host: '127.0.0.1', port: redis.port})
  const sep = '\x06\x16'
  for (let from = 0; from < 100_000; from += 1000) {
    const thousand = Array.from({length: 1000}, (_, nth) => from + nth)
    await client.askAll([
      [
        'SADD',
        '_kombu.binding.celery.pidbox',
        ...thousand.map(nth => `${sep}${sep}celery@\x1b[2J${nth}.celery.pidbox`),
      ],
      ['SADD', '_kombu.binding.celery', ...thousand.map(nth => `q${nth}${sep}${sep}q\x1b[2J${nth}`)],
      [
        'SADD',
        '_kombu.binding.reply.celery.pidbox',
        ...thousand.map(nth => `o${nth}${sep}${sep}o${nth}.reply.celery.pidbox`),
      ],
      ['SADD', '_kombu.binding.broken', ...thousand.map(nth => `${'x'.repeat(nth % 50)}${nth}`)],
    ])
  }
  await expectHarmless([['--json']])
})
