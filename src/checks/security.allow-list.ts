import {commandLine} from '../render/text/shell.ts'
import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import {isBeyondLoopback} from '../snapshot/loopback.ts'
import type {OutsideAddress} from '../snapshot/outside.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {containerOf, containersOf, hubMon, listed} from './names.ts'
import {addressOf, addressWords, curl, evidenceOf} from './outside-addresses.ts'

export const securityAllowList = defineCheck({
  id: 'security.allow-list',
  category: 'security',
  title: 'The list of addresses lets in whom it names, and nobody else',
  why: "Where the engine forwards by a process of its own, the proxy sees one address for everybody, its network's gateway: a list that has it lets everybody in, and one that has it not nobody.",
  looksAt:
    'Which address the proxy took each of our requests for, whether its list has that one, and whether it answered 403.',
  confirm: ['curl -k https://127.0.0.1/.well-known/hub-mon'],
  cure: ['hub-mon up --production --allow 10.0.0.0/8   # and whoever else may ask'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker', 'outside'],
  appliesTo: onCompose,
  judge(snapshot, {outside}) {
    const proxy = containerOf(snapshot, 'proxy')
    if (proxy === undefined) return skip('no proxy stands in front of this hub')
    const allow = proxy.production?.allow ?? []
    if (allow.length === 0) return skip('no list is given: whoever reaches the proxy may try a password')
    const asked = outside.addresses.filter(({role, speaks}) => role === 'proxy' && speaks === 'https')
    const seen = asked.filter(({seenAs}) => seenAs !== null)
    if (seen.length === 0) return skip('the proxy did not say which address it sees')
    const gateways = new Set(containersOf(snapshot, 'proxy').flatMap(({rights}) => rights?.gateways ?? []))
    // On loopback alone, whoever asks comes as we do.
    const fromOutside = seen.filter(({host, hostIp}) => isBeyondLoopback(host) || !isBeyondLoopback(hostIp))
    const veiled = fromOutside.filter(({seenAs}) => gateways.has(seenAs ?? ''))
    const [first] = veiled
    if (first !== undefined) {
      const who = veiled.length === fromOutside.length ? 'everybody' : 'everybody who comes there'
      return veiledWords(snapshot, first, who, outside.gatewaysAllowed.length > 0)
    }
    const wrong = seen.filter(({http, seenAsAllowed}) => turnedAway(http) === seenAsAllowed)
    if (wrong.length > 0) return wrongWords(snapshot, wrong)
    // Of IPv4 and IPv6, one may be forwarded by a process and the other not: each is proven by itself.
    const unproven = seen.filter(address => !fromOutside.some(other => isPublishedAs(address, other)))
    if (unproven.length > 0 && outside.gatewaysAllowed.length > 0)
      return gatewayWords(snapshot, outside.gatewaysAllowed, unproven)
    const told = seen.map(
      ({seenAs, seenAsAllowed}) => `${seenAs} ${seenAsAllowed === true ? 'may ask' : 'is turned away'}`,
    )
    return pass(`${listed([...new Set(told)])}`, [{label: 'allowed', value: allow.join(' ')}])
  },
})

function turnedAway(http: OutsideAddress['http']): boolean | null {
  const status = http?.answers[0]?.status ?? null
  return status === null ? null : status === 403
}

function isPublishedAs(one: OutsideAddress, other: OutsideAddress): boolean {
  return one.hostIp === other.hostIp && one.containerPort === other.containerPort
}

/** Whoever comes there comes as the gateway does. */
function veiledWords(snapshot: Snapshot, address: OutsideAddress, who: string, allowed: boolean) {
  const sees = `asked where others ask, the proxy sees the gateway of its own network, ${address.seenAs}`
  return fail(
    allowed ? `${sees}, which is on the list: ${who} may ask` : `${sees}: the list shuts out ${who}`,
    {
      severity: allowed ? 'critical' : 'warning',
      affects: [address.service],
      evidence: [{label: addressOf(address), value: `seen as ${address.seenAs ?? 'nobody'}`}],
      remedies: [
        decide(
          'let the proxy see real addresses: without userland-proxy in the engine, without IPv6 that is translated, or with network_mode: host',
        ),
        ...again(snapshot, address),
      ],
    },
  )
}

function wrongWords(snapshot: Snapshot, wrong: readonly OutsideAddress[]) {
  const open = wrong.filter(({seenAsAllowed}) => seenAsAllowed === false)
  const shown = open.length > 0 ? open : wrong
  const [first] = shown
  return fail(
    open.length > 0
      ? `${addressWords(open)} answers ${first?.seenAs}, which is not on the list`
      : `${addressWords(wrong)} turns ${first?.seenAs} away, which is on the list`,
    {
      severity: open.length > 0 ? 'critical' : 'warning',
      affects: ['proxy'],
      evidence: evidenceOf(
        shown,
        ({http, seenAs}) => `HTTP ${http?.answers[0]?.status ?? 'none'} for ${seenAs}`,
      ),
      remedies: first === undefined ? [] : again(snapshot, first),
    },
  )
}

function gatewayWords(snapshot: Snapshot, gateways: readonly string[], unproven: readonly OutsideAddress[]) {
  const [first] = unproven
  return fail(
    `the list has ${listed(gateways)}, the gateway of the proxy's network: whoever is forwarded through it may ask`,
    {
      affects: ['proxy'],
      evidence: gateways.map(gateway => ({label: 'gateway on the list', value: gateway})),
      remedies: [
        decide('name the addresses of people, and not that of the gateway'),
        ...(first === undefined ? [] : again(snapshot, first)),
      ],
    },
  )
}

function again(snapshot: Snapshot, address: OutsideAddress): Remedy[] {
  return [
    decide(
      `say anew who may ask: ${commandLine(hubMon(snapshot, 'up', '--production'))} --allow ADDRESS, one for each`,
    ),
    cureBy('make the proxy again with the list that was said last', ...hubMon(snapshot, 'up')),
    confirmBy('which address it sees', ...curl(address, '/.well-known/hub-mon')),
  ]
}
