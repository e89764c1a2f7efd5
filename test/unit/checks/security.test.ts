import {describe, expect, it} from 'vitest'
import {judgeAll} from '../../../src/checks/judge.ts'
import {checks} from '../../../src/checks/registry.ts'
import type {OutsideAddress} from '../../../src/snapshot/outside.ts'
import type {Snapshot} from '../../../src/snapshot/snapshot.ts'
import {factsIn, hub, inContainer, outsideOf, unreadable} from '../../fixtures/broken.ts'
import {answers, container, healthy, outsideAddress, rights} from '../../fixtures/healthy.ts'
import {certificate, production, secureIn} from '../../fixtures/production.ts'

const asked = checks.filter(({phase}) => phase !== 'pre')
const findings = (snapshot: Snapshot) => judgeAll(asked, snapshot)
const security = (snapshot: Snapshot) =>
  Object.fromEntries(
    findings(snapshot)
      .filter(({category, status}) => category === 'security' && status !== 'pass' && status !== 'skipped')
      .map(({check, status}) => [check.replace('security.', ''), status]),
  )
function finding(snapshot: Snapshot, id: string) {
  const found = findings(snapshot).find(({check}) => check === `security.${id}`)
  if (found === undefined) throw new Error(`no check ${id}`)
  return found
}

describe('outside of production', () => {
  it('what is open on one machine alone is advice', () => {
    expect(security(healthy())).toEqual({
      'asks-first': 'notice',
      https: 'notice',
      'redis-password': 'notice',
    })
  })

  it('what a container may do and shows is advice, too', () => {
    const loose = hub(snapshot => {
      inContainer(snapshot, 'celery-worker', {
        image: 'acme/app',
        rights: rights({
          ...{privileged: true, dockerSocket: true, user: {name: 'root', root: true}},
          ...{credentialVariables: ['API_TOKEN'], credentialInCommand: true, knownDefaults: ['API_TOKEN']},
        }),
      })
    })
    expect(security(loose)).toMatchObject({
      containers: 'notice',
      'images-pinned': 'notice',
      'secrets-hidden': 'notice',
      'known-defaults': 'notice',
    })
  })

  const published = (service: string, containerPort: number) =>
    hub(snapshot => {
      inContainer(snapshot, service, {ports: [{containerPort, hostIp: '0.0.0.0', hostPort: containerPort}]})
      outsideOf(snapshot, service, {hostIp: '0.0.0.0', host: '192.0.2.2'})
    })

  it('what others reach is a warning, and follows from the port where that is a cause of its own', () => {
    const flower = findings(published('flower', 5555))
    const of = (id: string) => flower.find(({check}) => check === id)
    expect(of('flower.exposed')?.becauseOf).toBeUndefined()
    for (const id of ['security.asks-first', 'security.https'])
      expect(of(id)).toMatchObject({status: 'warning', becauseOf: 'flower.exposed'})
    expect(
      findings(published('redis', 6379)).find(({check}) => check === 'security.redis-password'),
    ).toMatchObject({status: 'warning', becauseOf: 'redis.exposed'})
  })

  it('a password over plain HTTP is a warning of its own', () => {
    const flower = published('flower', 5555)
    Object.assign(factsIn(flower, 'flower'), {asksAuth: true, metricsOpen: false})
    outsideOf(flower, 'flower', {http: answers([401, 401, 401, 401])})
    expect(security(flower)).toEqual({https: 'warning', 'redis-password': 'notice'})
    expect(finding(flower, 'https').becauseOf).toBeUndefined()
  })

  it('what a Flower with a password leaves open is said once', () => {
    const flower = hub(snapshot => {
      Object.assign(factsIn(snapshot, 'flower'), {asksAuth: true, metricsOpen: true})
      outsideOf(snapshot, 'flower', {http: answers([401, 200, 200, 401])})
    })
    expect(finding(flower, 'asks-first').status).toBe('pass')
    expect(findings(flower).find(({check}) => check === 'flower.metrics-open')?.status).toBe('notice')
  })

  it('a proxy beside a Flower that is published, too, is somebody’s for something else', () => {
    const beside = hub(snapshot => {
      const ports = [{containerPort: 80, hostIp: '0.0.0.0', hostPort: 80}]
      factsIn(snapshot, 'docker').containers.push(container('proxy', 'proxy', {image: 'nginx:1.27', ports}))
    })
    expect(security(beside)).toEqual({'asks-first': 'notice', https: 'notice', 'redis-password': 'notice'})
  })

  it('but one that is the only way to Flower makes it production', () => {
    const front = hub(snapshot => {
      inContainer(snapshot, 'flower', {ports: []})
      const ports = [{containerPort: 443, hostIp: '0.0.0.0', hostPort: 443}]
      factsIn(snapshot, 'docker').containers.push(container('web', 'proxy', {image: 'caddy:2', ports}))
    })
    expect(security(front)).toMatchObject({
      ...{'around-the-proxy': 'warning', 'redis-password': 'critical'},
    })
  })

  it('a hub of an own compose file is told what to write there, and not to type what is not made for it', () => {
    const own = healthy()
    own.target.composeFile = '/srv/shop/docker-compose.yml'
    const [first] = finding(own, 'asks-first').remedies
    expect(first?.command).toBeUndefined()
    expect(first?.text).toMatch(/a proxy that asks for a password/)
  })
})

describe('what cannot be told', () => {
  it('is no pass', () => {
    const old = healthy()
    for (const {rights: _rights, ...container} of factsIn(old, 'docker').containers.splice(0))
      factsIn(old, 'docker').containers.push(container)
    const {rights: _asked, ...redis} = factsIn(old, 'redis')
    Object.assign(old.sources.redis ?? {}, {value: redis})
    delete old.sources.outside
    const told = findings(old).filter(({category}) => category === 'security')
    expect(told.filter(({status}) => status !== 'skipped').map(({check}) => check)).toEqual([
      // Redis itself has said that it asks for none; and every image is named.
      'security.redis-password',
      'security.images-pinned',
    ])
  })

  it('of another machine is skipped, and nobody is blamed', () => {
    const remote = hub(snapshot =>
      unreadable(snapshot, 'outside', {code: 'elsewhere', message: 'the engine is on another machine'}),
    )
    expect(finding(remote, 'reachable')).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('another machine'),
    })
    expect(finding(remote, 'asks-first').status).toBe('skipped')
  })

  it('as whom a container runs leaves open whether that is root', () => {
    const unknown = hub(snapshot =>
      inContainer(snapshot, 'redis', {rights: rights({user: {name: 'root', root: null}})}),
    )
    expect(finding(unknown, 'containers')).toMatchObject({
      status: 'skipped',
      message: 'as whom redis runs could not be told',
    })
  })

  it('because the list turns this machine away before it is asked for a password', () => {
    const away = production(snapshot => {
      for (const address of secureIn(snapshot)) address.http = answers([403, 403, 403, 403])
    })
    expect(finding(away, 'asks-first').status).toBe('skipped')
  })

  it('of a Redis before 7', () => {
    const old = production(snapshot =>
      Object.assign(factsIn(snapshot, 'redis').rights ?? {}, {mayChange: null, mayTakeReplies: null}),
    )
    expect(finding(old, 'least-rights').status).toBe('skipped')
  })
})

describe('a certificate', () => {
  const judged = (more: Parameters<typeof certificate>[0]) =>
    finding(
      production(snapshot => {
        for (const address of secureIn(snapshot)) address.tls = certificate(more)
      }),
      'certificate',
    )

  it.each([
    ['2026-12-14T10:00:00.000Z', 'pass'],
    ['2026-12-14T08:59:00.000Z', 'warning'],
    ['2026-11-26T09:01:00.000Z', 'warning'],
    ['2026-11-26T08:59:00.000Z', 'critical'],
    ['2026-11-23T08:59:00.000Z', 'critical'],
  ])('that ends on %s is a %s on 23 November', (notAfter, status) => {
    expect(judged({notAfter, notBefore: '2026-09-01T00:00:00.000Z'}).status).toBe(status)
  })

  it("of the hub's own authority, made for half a day, is made anew in time", () => {
    const own = {trustedBy: 'own' as const, notBefore: '2026-11-23T03:00:00.000Z'}
    expect(judged({...own, notAfter: '2026-11-23T15:00:00.000Z'})).toMatchObject({
      status: 'pass',
      message: "for hub.example.com, by the hub's own authority, 6 h left",
    })
    expect(judged({...own, notAfter: '2026-11-23T10:00:00.000Z'}).status).toBe('warning')
  })

  it('says how many days are left', () => {
    expect(judged({notAfter: '2026-12-05T21:00:00.000Z'}).evidence[0]).toEqual({
      ...{label: 'days left', value: 12.5, bound: 'below 21'},
    })
  })
})

describe('in production', () => {
  it('a port beside the proxy is the one cause of all that it shows', () => {
    const beside = production(snapshot => {
      inContainer(snapshot, 'redis', {ports: [{containerPort: 6379, hostIp: '0.0.0.0', hostPort: 6379}]})
      factsIn(snapshot, 'redis').asksPassword = false
      factsIn(snapshot, 'outside').addresses.push(
        outsideAddress('redis', 'redis', {hostIp: '0.0.0.0', port: 6379, speaks: 'redis', redisAsks: false}),
      )
    })
    const causes = findings(beside).filter(
      ({status, becauseOf}) => status === 'critical' && becauseOf === undefined,
    )
    expect(causes.map(({check}) => check)).toEqual(['security.around-the-proxy'])
    expect(security(beside)).toMatchObject({'redis-password': 'critical'})
  })

  it('a list with a gateway on it does no harm where the proxy sees real addresses', () => {
    const seen = production(snapshot => {
      factsIn(snapshot, 'outside').gatewaysAllowed = ['172.30.0.1']
      for (const address of secureIn(snapshot))
        if (address.host === '127.0.0.1')
          Object.assign(address, {seenAsAllowed: true, http: answers([401, 401, 401, 401])})
    })
    expect(finding(seen, 'allow-list').status).toBe('pass')
  })

  it.each([
    ['is asked from a machine without an address of it', '::1', /^the list has 172\.30\.0\.1, the gateway/],
    [
      'is forwarded by a process of the engine',
      '2001:db8::2',
      /on the list: everybody who comes there may ask$/,
    ],
  ])(
    'a list with a gateway on it is no list where IPv6 %s, beside IPv4 that is clean',
    (_how, host, words) => {
      const beside = production(snapshot => {
        factsIn(snapshot, 'outside').gatewaysAllowed = ['172.30.0.1']
        const own = secureIn(snapshot).find(address => address.host === '192.0.2.2')
        factsIn(snapshot, 'outside').addresses.push({
          ...(own as OutsideAddress),
          ...{hostIp: '::', host, seenAs: '172.30.0.1', seenAsAllowed: true},
        })
      })
      expect(finding(beside, 'allow-list')).toMatchObject({
        status: 'critical',
        message: expect.stringMatching(words),
      })
    },
  )

  it('no list is nobody’s fault', () => {
    const open = production(snapshot => {
      const proxy = factsIn(snapshot, 'docker').containers.find(({role}) => role === 'proxy')
      Object.assign(proxy?.production ?? {}, {allow: []})
    })
    expect(finding(open, 'allow-list').status).toBe('skipped')
  })
})
