import {describe, expect, it} from 'vitest'
import {usualProduction} from '../../../src/config/production/production.ts'
import type {Finding, FindingStatus} from '../../../src/report/finding.ts'
import type {ComposeService} from '../../../src/snapshot/compose.ts'
import {
  lookAtProduction,
  lookAtProxyImage,
  type ProductionSteps,
  proveClosed,
  refuseKnownDefaults,
} from '../../../src/stack/production.ts'
import type {Stack} from '../../../src/stack/stack.ts'

const told: string[] = []
const report = {
  at: () => {},
  done: (text: string) => void told.push(text),
  skipped: () => {},
  warn: (text: string) => void told.push(`! ${text}`),
}
const steps = (how: Partial<ProductionSteps['how']> = {}): ProductionSteps => ({
  how: {...usualProduction, ...how},
  isKnownDefault: () => false,
  secrets: {title: 'Secrets', run: async () => {}},
  changedAt: () => new Map(),
})
/** An engine whose image says this of itself. */
const stackWith = (
  more: {local?: boolean; env?: string[]; labels?: object; findings?: Partial<Finding>[]} = {},
) =>
  ({
    target: {flags: []},
    file: '/srv/docker-compose.production.yml',
    signal: new AbortController().signal,
    engine: {
      local: more.local ?? true,
      address: 'tcp://elsewhere:2375',
      client: {
        getImage: () => ({inspect: async () => ({Config: {Env: more.env ?? [], Labels: more.labels ?? {}}})}),
      },
    },
    examine: async () => ({findings: more.findings ?? []}),
  }) as unknown as Stack
const finding = (check: string, status: FindingStatus, message = 'so it is') =>
  ({
    check,
    category: 'security',
    status,
    message,
    title: `the title of ${check}`,
    remedies: [],
  }) as unknown as Finding

describe('what production refuses to pretend', () => {
  it('is secrets on the machine of another engine', async () => {
    const looking = lookAtProduction(stackWith({local: false}), steps(), report)
    await expect(looking).rejects.toMatchObject({exit: 69, code: 'engine-elsewhere'})
    await lookAtProduction(stackWith(), steps({allow: ['10.0.0.0/8']}), report)
    expect(told.at(-1)).toBe('localhost, for 10.0.0.0/8')
  })

  it.each([
    ['the official image of 2.10', {env: ['CADDY_VERSION=v2.10.2']}, true],
    ['the first that can', {env: ['CADDY_VERSION=v2.8.0']}, true],
    ['one before it', {env: ['CADDY_VERSION=v2.7.6']}, false],
    ["Debian's", {labels: {'org.hub-mon.built-from': 'debian 12 packages: caddy 2.6.2'}}, false],
    ['one that says nothing', {}, false],
  ])('is a trusted proxy, to %s', async (_name, image, can) => {
    const looking = lookAtProxyImage(
      stackWith(image),
      steps({trustedProxies: ['192.0.2.1']}),
      'caddy:2-alpine',
    )
    if (can) await looking
    else await expect(looking).rejects.toMatchObject({exit: 69, code: 'proxy-too-old'})
    await lookAtProxyImage(stackWith(image), steps(), 'caddy:2-alpine')
  })

  it('is a password that everybody knows, by the name of where it stands', () => {
    const service = (name: string, knownDefaults: string[]) => ({name, knownDefaults}) as ComposeService
    refuseKnownDefaults(stackWith(), [service('redis', []), {name: 'flower'} as ComposeService])
    expect(() =>
      refuseKnownDefaults(stackWith(), [
        service('redis', ['command']),
        service('flower', ['FLOWER_BASIC_AUTH']),
      ]),
    ).toThrow('the command of redis, FLOWER_BASIC_AUTH of flower')
  })

  it('is a hub that is up and open', async () => {
    const open = [
      finding('security.https', 'pass'),
      finding('security.asks-first', 'critical', 'open to all'),
    ]
    await expect(proveClosed(stackWith({findings: open}), report)).rejects.toMatchObject({
      exit: 69,
      code: 'not-closed',
      message: expect.stringContaining('open to all'),
    })
    const mostly = [
      finding('security.https', 'pass'),
      finding('security.certificate', 'warning', '5 days left'),
    ]
    await proveClosed(stackWith({findings: mostly}), report)
    expect(told.slice(-2)).toEqual([
      '! the title of security.certificate: no; 5 days left',
      '1 check of security passes',
    ])
  })
})
