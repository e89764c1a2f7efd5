import {describe, expect, it} from 'vitest'
import {brokerOf, type Neighbour, placesFromHere} from '../../../../src/sources/redis/stack.ts'

const asked = (workerEnvironment: Record<string, string>) => brokerOf({container: null, workerEnvironment})

describe('the broker that the workers name', () => {
  it('is the first of the usual variables', () => {
    expect(asked({})).toBeNull()
    expect(asked({CELERY_BROKER_URL: '', BROKER_URL: 'redis://h/3', REDIS_URL: 'redis://x/4'})).toMatchObject(
      {
        database: 3,
      },
    )
    expect(asked({REDIS_URL: 'sentinel://s1;sentinel://s2'})).toMatchObject({
      sentinels: [{host: 's1'}, {host: 's2'}],
    })
  })

  it.each([
    ['amqp://guest:canary@rabbit//', 'RabbitMQ'],
    ['pyamqp://guest:canary@rabbit//', 'RabbitMQ'],
    ['sqs://key:canary@', 'Amazon SQS'],
    ['confluentkafka://h:9092', 'Apache Kafka'],
    ['memory://', 'the memory of one process'],
    ['sqla+postgresql://u:canary@h/db', 'an SQL database'],
    ['valkey://:canary@h', 'write redis://'],
    ['valkeys://:canary@h', 'write rediss://'],
    ['gopher://:canary@h', 'gopher:// is not known'],
  ])('%s is refused by name, and where it stands is said', (url, words) => {
    const error = expect.objectContaining({
      code: 'unsupported',
      message: expect.stringMatching(new RegExp(`^by CELERY_BROKER_URL of the workers, .*${words}`)),
    })
    expect(() => asked({CELERY_BROKER_URL: url})).toThrow(error)
    expect(() => asked({CELERY_BROKER_URL: url})).not.toThrow(/canary/)
  })
})

describe('a place inside the project', () => {
  const neighbour = (more: Partial<Neighbour>): Neighbour => ({
    names: ['sentinel-1', 'shop-sentinel-1-1'],
    addresses: ['172.18.0.4'],
    published: [{port: 26379, host: '0.0.0.0', hostPort: 40001}],
    local: true,
    ...more,
  })
  const linux = process.platform === 'linux'

  it.each(['sentinel-1', 'shop-sentinel-1-1', '172.18.0.4'])('%s is reached by what is published', host => {
    expect(placesFromHere([neighbour({})], {host, port: 26379})).toEqual([
      {host: '127.0.0.1', port: 40001},
      ...(linux ? [{host: '172.18.0.4', port: 26379}] : []),
    ])
  })

  it('is itself when nothing leads there, or it is none of the project', () => {
    const far = neighbour({published: [], local: false})
    expect(placesFromHere([far], {host: 'sentinel-1', port: 26379})).toEqual([
      {host: 'sentinel-1', port: 26379},
    ])
    expect(placesFromHere([far], {host: 'elsewhere', port: 1})).toEqual([{host: 'elsewhere', port: 1}])
  })
})
