import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {type Production, siteUrl, usualProduction} from '../../../src/config/production/production.ts'
import {parseRemembered, type WrittenProduction, wishesOf} from '../../../src/config/production/schema.ts'
import {productionVariables} from '../../../src/config/production/variables.ts'

const file = readFileSync(new URL('../../../docker-compose.production.yml', import.meta.url), 'utf8')
const production = (more: Partial<Production> = {}): Production => ({...usualProduction, ...more})

describe('what is said of production', () => {
  it.each<[WrittenProduction, RegExp]>([
    [{site: 'hub.example.com; respond'}, /^site wants one name/],
    [{site: 'hub example'}, /^site wants one name/],
    [{site: '2001:db8::7'}, /^site wants one name/],
    [{allow: ['10.0.0.0/8', 'everybody']}, /^allow\.1 wants an address or a network/],
    [{trustedProxies: ['{env.HUB}']}, /^trustedProxies\.0 wants/],
    [{prefix: 'flower}'}, /^prefix wants a path/],
    [{prefix: '../flower //x'}, /^prefix wants a path/],
    [{bind: '10.0.0.0/8'}, /^bind wants an address/],
    [{httpsPort: 70_000}, /^httpsPort wants a port/],
    [{certificate: {email: 'me'}}, /^certificate/],
    // What would be words of the proxy's configuration.
    [{certificate: {email: 'me@example.com {'}}, /^certificate/],
  ])('%j is refused with the reason', (written, reason) => {
    const {wishes, fault} = wishesOf(written, '/srv')
    expect(wishes).toBeNull()
    expect(fault).toMatch(reason)
  })

  it('is kept with absolute files, and without the slashes of a path', () => {
    const written = {prefix: '/flower/', certificate: {certificate: 'hub.pem', key: '/etc/hub.key'}}
    expect(wishesOf(written, '/srv').wishes).toEqual({
      prefix: 'flower',
      certificate: {by: 'own', certificate: '/srv/hub.pem', key: '/etc/hub.key'},
    })
  })

  it('is read back as it was written, and not in part', () => {
    const whole = {schema: 'hub-mon/production@1', file: '/a.yml', secrets: '/s', production: production()}
    expect(parseRemembered(JSON.stringify(whole)).remembered).toEqual(whole)
    for (const wrong of [
      '',
      '{}',
      '[]',
      JSON.stringify({...whole, production: {allow: 'all'}}),
      JSON.stringify({...whole, more: 1}),
    ])
      expect(parseRemembered(wrong).fault).toEqual(expect.any(String))
  })
})

describe('the variables of docker-compose.production.yml', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '[2001:db8::7]'],
  ])('--bind %s is %s to Compose', (bind, written) => {
    expect(productionVariables(production({bind}), '/s').HUB_BIND).toBe(written)
  })

  it('are all known to it', () => {
    const known = new Set([...file.matchAll(/\$\{(\w+)/g)].map(([, name]) => name))
    const said = Object.keys(productionVariables(production(), '/s'))
    expect(said.filter(name => !known.has(name))).toEqual([])
    const listed = new Set(
      [...file.matchAll(/^#\s+((?:HUB|FLOWER|COMPOSE)_[A-Z_]+)/gm)].map(([, name]) => name),
    )
    expect(said.filter(name => !listed.has(name))).toEqual([])
  })

  it('say who may ask, by which certificate and where', () => {
    const how = production({
      site: 'hub.example.com',
      certificate: {by: 'acme', email: 'ops@example.com'},
      allow: ['10.0.0.0/8', '2001:db8::/32'],
      trustedProxies: ['192.0.2.1'],
      prefix: 'flower',
      allowActions: true,
      httpsPort: 8443,
    })
    expect(productionVariables(how, '/s')).toMatchObject({
      HUB_SITE: 'hub.example.com',
      HUB_TLS: 'ops@example.com',
      HUB_ALLOW: '10.0.0.0/8 2001:db8::/32',
      HUB_CLIENT: 'behind',
      HUB_TRUSTED_PROXIES: '192.0.2.1',
      HUB_REDIRECT_PORT: ':8443',
      HUB_FLOWER_PATH: '/flower',
      FLOWER_READ_ONLY: 'false',
    })
    expect(siteUrl(how)).toBe('https://hub.example.com:8443/flower/')
    expect(siteUrl(production())).toBe('https://localhost/')
  })
})

describe('docker-compose.production.yml beside docker-compose.monitoring.yml', () => {
  it('has the same services, volumes and limits, and publishes nothing but the proxy', async () => {
    const {parse} = await import('yaml')
    const monitoring = parse(
      readFileSync(new URL('../../../docker-compose.monitoring.yml', import.meta.url), 'utf8'),
      {merge: true},
    )
    const own = parse(file, {merge: true})
    expect(Object.keys(own.services).sort()).toEqual([...Object.keys(monitoring.services), 'proxy'].sort())
    expect(own.volumes).toEqual(monitoring.volumes)
    for (const [name, service] of Object.entries<Record<string, unknown>>(monitoring.services)) {
      for (const key of [
        'image',
        'container_name',
        'hostname',
        'mem_limit',
        'stop_grace_period',
        'scale',
        'restart',
      ])
        expect([name, key, own.services[name][key]]).toEqual([name, key, service[key]])
    }
    const published = Object.entries<{ports?: unknown}>(own.services).filter(
      ([, {ports}]) => ports !== undefined,
    )
    expect(published.map(([name]) => name)).toEqual(['proxy'])
  })
})
