import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {moment} from '../render/text/target.ts'
import {confirmBy, cureBy, decide, type Evidence, type Remedy, type Severity} from '../report/finding.ts'
import type {OutsideAddress, TlsOutside} from '../snapshot/outside.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, type Outcome, onCompose, pass, skip} from './check.ts'
import {hubMon, listed} from './names.ts'
import {addressOf, isAddress, reachBeyond, servicesAt} from './outside-addresses.ts'
import {weightOf} from './production.ts'
import {worst} from './stack-severity.ts'

const warningDays = 21
const criticalDays = 3

export const securityCertificate = defineCheck({
  id: 'security.certificate',
  category: 'security',
  title: 'The certificate is trusted, for the right name, and lasts',
  why: 'People who are used to clicking a warning away click away the one that matters; an expired certificate locks everybody out.',
  looksAt: `Who signed the certificate of each published address, which names it is for, and how many days it lasts (warning below ${warningDays}, critical below ${criticalDays}).`,
  confirm: ['openssl s_client -connect 127.0.0.1:443 -servername hub.example.com </dev/null'],
  cure: [
    'hub-mon up --production --certificate hub.pem --key hub.key',
    'hub-mon restart proxy   # where the proxy gets its certificate for itself',
  ],
  severity: 'critical',
  phase: 'running',
  needs: ['outside'],
  reads: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {outside}) {
    const secure = outside.addresses.filter(({speaks}) => speaks === 'https')
    if (secure.length === 0) return skip('no published address of the hub speaks TLS')
    const now = Date.parse(snapshot.takenAt)
    const judged = secure.map(address => ({address, faults: faultsOf(address, now)}))
    const bad = judged.filter(({faults}) => faults.length > 0)
    const [first] = bad
    if (first === undefined) return wellWords(secure, now)
    const addresses = bad.map(({address}) => address)
    const faults = bad.flatMap(each => each.faults)
    const remedies = [...new Set(faults.map(({cure}) => cure))].flatMap(cure => cure(snapshot))
    return fail(
      `${addressOf(first.address)}: ${[...new Set(first.faults.map(({says}) => says))].join('; ')}${bad.length > 1 ? `; and ${plural(bad.length - 1, 'more address', 'more addresses')}` : ''}`,
      {
        severity: weightOf(snapshot, worst(faults.map(({severity}) => severity)), reachBeyond(addresses)),
        affects: servicesAt(addresses),
        evidence: first.address.tls === null ? [] : certificateEvidence(first.address.tls, now),
        remedies: [...remedies, lookCloser(first.address)],
      },
    )
  },
})

type Fault = {says: string; severity: Severity; cure: (snapshot: Snapshot) => Remedy[]}

function renew(snapshot: Snapshot): Remedy[] {
  return [
    decide(
      'with a certificate of your own: hub-mon up --production --certificate CHAIN.pem --key KEY.pem, from whoever made it',
    ),
    cureBy(
      'with one that the proxy gets for itself: let it try again',
      ...hubMon(snapshot, 'restart', 'proxy'),
    ),
  ]
}

function nameIt(snapshot: Snapshot): Remedy[] {
  return [decide('say under which name people come: hub-mon up --production --site NAME'), ...renew(snapshot)]
}

function faultsOf({tls, error}: OutsideAddress, now: number): Fault[] {
  if (tls !== null) return [...timeFaults(tls, now), ...nameFaults(tls), ...chainFaults(tls)]
  if (error !== 'tls-refused') return []
  return [{says: 'TLS for the name of the site is refused', severity: 'critical', cure: nameIt}]
}

function timeFaults(tls: TlsOutside, now: number): Fault[] {
  const {notBefore, notAfter} = tls
  if (notBefore !== null && Date.parse(notBefore) > now)
    return [
      {says: `the certificate is valid from ${moment(notBefore)} on`, severity: 'critical', cure: renew},
    ]
  const left = daysLeft(notAfter, now)
  if (left === null) return []
  if (left < 0)
    return [{says: `the certificate has expired ${daysWords(-left)} ago`, severity: 'critical', cure: renew}]
  const bounds = boundsFor(tls)
  if (left >= bounds.warning) return []
  const severity = left < bounds.critical ? 'critical' : 'warning'
  return [{says: `the certificate expires in ${daysWords(left)}`, severity, cure: renew}]
}

function nameFaults({fits, name, names}: TlsOutside): Fault[] {
  if (fits !== false) return []
  const says = `the certificate is for ${listed(names) || 'no name'}, not for ${name}`
  return [{says, severity: 'critical', cure: nameIt}]
}

function chainFaults({trustedBy, error, issuer}: TlsOutside): Fault[] {
  if (trustedBy !== null || error === 'CERT_HAS_EXPIRED' || error === 'CERT_NOT_YET_VALID') return []
  const says = `nobody whom this machine knows vouches for the certificate of ${issuer ?? 'no issuer'} (${error ?? 'not trusted'})`
  return [{says, severity: 'warning', cure: renew}]
}

const secondsADay = 86_400
/** Made for so short a time, a certificate is made anew by a program, and late at that. */
const shortLivedDays = 8

/** One that lives for hours is not about to expire as soon as it is made: there, a share of its life counts. */
function boundsFor({notBefore, notAfter, trustedBy}: TlsOutside): {warning: number; critical: number} {
  const usual = {warning: warningDays, critical: criticalDays}
  const life = daysLeft(notAfter, Date.parse(notBefore ?? ''))
  if (life === null || (trustedBy !== 'own' && life > shortLivedDays)) return usual
  return {warning: Math.min(usual.warning, life / 4), critical: Math.min(usual.critical, life / 20)}
}

function daysLeft(until: string | null, now: number): number | null {
  const days = (Date.parse(until ?? '') - now) / 1000 / secondsADay
  return Number.isNaN(days) ? null : days
}

function daysWords(days: number): string {
  return days < 2 ? duration(days * secondsADay) : `${Math.floor(days)} days`
}

function certificateEvidence(tls: TlsOutside, now: number): Evidence[] {
  const left = daysLeft(tls.notAfter, now)
  const {warning} = boundsFor(tls)
  return [
    ...(left === null
      ? []
      : [{label: 'days left', value: Number(left.toFixed(1)), bound: `below ${Number(warning.toFixed(1))}`}]),
    {label: 'names', value: listed(tls.names)},
    {label: 'issuer', value: tls.issuer},
  ]
}

function wellWords(secure: readonly OutsideAddress[], now: number): Outcome {
  const told = secure.flatMap(({tls}) => (tls === null ? [] : [tls]))
  const [first] = told
  if (first === undefined) return skip('no certificate was shown')
  const left = Math.min(...told.flatMap(({notAfter}) => daysLeft(notAfter, now) ?? []))
  const vouched = told.some(({trustedBy}) => trustedBy === 'own') ? ", by the hub's own authority" : ''
  const lasts = Number.isFinite(left) ? `, ${daysWords(left)} left` : ''
  return pass(`for ${first.name ?? listed(first.names)}${vouched}${lasts}`, certificateEvidence(first, now))
}

function lookCloser({host, port, tls}: OutsideAddress): Remedy {
  const name = tls?.name ?? null
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const named = name === null || isAddress(name) ? [] : ['-servername', name]
  return confirmBy('the certificate and its chain', ...['openssl', 's_client', '-connect', place, ...named])
}
