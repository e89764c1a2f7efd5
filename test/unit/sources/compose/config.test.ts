import {describe, expect, it} from 'vitest'
import {Secrets} from '../../../../src/snapshot/secrets.ts'
import {parseConfig, parseHashes, parsePort} from '../../../../src/sources/compose/config.ts'
import {cleanLine} from '../../../../src/sources/compose/process.ts'
import {reasonOf} from '../../../../src/sources/compose/read-compose.ts'

const canary = 'c4nary-of-the-mine'
const hash = 'ab'.repeat(32)
const parse = (text: string, secrets = new Secrets()) =>
  parseConfig(
    text,
    {file: '/srv/compose.yml', project: 'shop', services: {}, secrets},
    new Map([['worker', hash]]),
  )

const v2 = JSON.stringify({
  name: 'shop',
  services: {
    worker: {
      build: {context: '/srv'},
      image: 'shop/app',
      command: ['celery', '-A', 'shop', 'worker'],
      environment: {BROKER_PASSWORD: canary, EMPTY: null},
    },
    broker: {
      image: 'redis:7',
      command: null,
      container_name: 'shop-redis',
      volumes: [
        {type: 'bind', source: '/shared', target: '/conf'},
        {type: 'volume', source: 'data', target: '/data'},
        {type: 'volume', source: 'shared', target: '/shared'},
        {type: 'volume', target: '/scratch'},
      ],
      ports: [
        {mode: 'ingress', target: 6379, published: '6380', host_ip: '127.0.0.1', protocol: 'tcp'},
        {mode: 'ingress', target: 6379, published: '0'},
        {mode: 'ingress', target: 53, published: '53', protocol: 'udp'},
      ],
    },
  },
  volumes: {data: {name: 'shop_data'}, shared: {name: 'elsewhere', external: true}},
})

const v1 = `
services:
  broker:
    image: redis:7
    container_name: shop-redis
    volumes:
    - /shared:/conf:ro
    - data:/data:rw
    - old:/old
    - older:/older
    ports:
    - 127.0.0.1:6380:6379/tcp
  worker:
    build:
      context: /srv
    command: celery -A shop worker --opt=$$HOME
    environment:
      BROKER_PASSWORD: ${canary}
    image: shop/app
version: '3.9'
volumes:
  data: {}
  old:
    external: true
    name: elsewhere
  older:
    external:
      name: long-ago
  own:
    name: chosen
`

describe('parseConfig', () => {
  it('reads what v2 prints', async () => {
    const config = await parse(v2)
    expect(config.volumes).toEqual(['shop_data'])
    expect(config.services).toMatchObject([
      {name: 'worker', role: 'worker', builds: true, configHash: hash},
      {
        name: 'broker',
        role: 'redis',
        builds: false,
        containerName: 'shop-redis',
        configHash: null,
        externalVolumes: ['elsewhere'],
        ports: [
          {hostIp: '127.0.0.1', hostPort: 6380, containerPort: 6379},
          {hostIp: '0.0.0.0', hostPort: null, containerPort: 6379},
        ],
      },
    ])
  })

  it('reads what v1 prints', async () => {
    const config = await parse(v1)
    expect(config.volumes).toEqual(['shop_data', 'chosen'])
    expect(config.services).toMatchObject([
      {
        name: 'broker',
        externalVolumes: ['elsewhere', 'long-ago'],
        ports: [{hostIp: '127.0.0.1', hostPort: 6380, containerPort: 6379}],
      },
      {name: 'worker', role: 'worker', command: ['celery -A shop worker --opt=$HOME']},
    ])
  })

  it.each([
    ['v2', v2],
    ['v1', v1],
  ])('learns the secrets of the environment and keeps them out (%s)', async (_title, text) => {
    const secrets = new Secrets()
    expect(JSON.stringify(await parse(text, secrets))).not.toContain(canary)
    expect(secrets.mask(canary)).toBe('***')
  })

  it('reads a file without services', async () => {
    expect(await parse('{}')).toMatchObject({services: [], volumes: []})
  })
})

describe('parsePort', () => {
  it.each([
    ['6379', '0.0.0.0', null, 6379],
    ['8080:80', '0.0.0.0', 8080, 80],
    ['127.0.0.1::6379', '127.0.0.1', null, 6379],
    ['[::1]:8080:80/tcp', '::1', 8080, 80],
    ['3000-3005:3000', '0.0.0.0', null, 3000],
  ])('%s', (text, hostIp, hostPort, containerPort) => {
    expect(parsePort(text)).toEqual([{hostIp, hostPort, containerPort}])
  })

  it('leaves out what is not TCP', () => {
    expect(parsePort('53:53/udp')).toEqual([])
  })
})

describe("Compose's words", () => {
  it('gives hashes by service and nothing for chatter', () => {
    expect(parseHashes(`time="x" level=warning msg="y"\nworker ${hash}\n`)).toEqual(
      new Map([['worker', hash]]),
    )
  })

  it.each([
    [
      'time="x" level=warning msg="the attribute `version` is obsolete"\nvalidating /f: services.x is wrong\n',
      'validating /f: services.x is wrong',
    ],
    [
      "ERROR: The Compose file '/f' is invalid because:\nUnsupported option: 'x'",
      "The Compose file '/f' is invalid because: Unsupported option: 'x'",
    ],
    ['', 'Compose gave no reason'],
  ])('finds the reason in %j', (output, reason) => {
    expect(reasonOf(output)).toBe(reason)
  })

  it('is shown without what draws on a terminal', () => {
    expect(cleanLine('\u001b[2K\u001b[1A Container x  \u001b[32mStarted\u001b[0m\r')).toBe(
      'Container x  Started',
    )
    expect(cleanLine('10%\r50%\rdone\u0007')).toBe('done')
  })
})

describe('a service that is to have no container', () => {
  it.each([
    [
      'by its scale',
      '{"services": {"recorder": {"image": "r", "scale": 0}, "worker": {"image": "w", "scale": 1}}}',
    ],
    ['by its replicas', 'services: {recorder: {image: r, deploy: {replicas: 0}}, worker: {image: w}}'],
  ])('is none of the services: %s', async (_how, text) => {
    const {services, switchedOff} = await parse(text)
    expect([services.map(({name}) => name), switchedOff]).toEqual([['worker'], ['recorder']])
  })
})
