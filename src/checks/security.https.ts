import {confirmBy} from '../report/finding.ts'
import type {OutsideAddress} from '../snapshot/outside.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {addressWords, curl, evidenceOf, reachBeyond, servicesAt, severityAt} from './outside-addresses.ts'
import {closeIt, openedBeside, weightOf} from './production.ts'

export const securityHttps = defineCheck({
  id: 'security.https',
  category: 'security',
  title: 'Pages are behind HTTPS',
  why: 'Over plain HTTP, a password and all that it opens can be read and changed on the way.',
  looksAt:
    'What each published HTTP address of the hub speaks, whether plain HTTP is sent on to HTTPS, and whether browsers are told to stay there (HSTS).',
  confirm: ['curl -i http://127.0.0.1:5555/'],
  cure: ['hub-mon up --production   # docs/production.md'],
  severity: 'critical',
  phase: 'running',
  needs: ['outside'],
  reads: ['docker'],
  follows: openedBeside,
  appliesTo: onCompose,
  judge(snapshot, {outside}) {
    const plain = outside.addresses.filter(address => address.http !== null && address.speaks === 'http')
    const secure = outside.addresses.filter(({speaks}) => speaks === 'https')
    if (plain.length + secure.length === 0) return skip('no published address of the hub speaks HTTP')
    const open = plain.filter(address => !sendsOn(address))
    const remedies = closeIt(snapshot, 'a proxy that speaks HTTPS, and sends plain HTTP on to it')
    const [first] = open
    if (first !== undefined)
      return fail(
        `${addressWords(open)} ${open.length === 1 ? 'speaks' : 'speak'} plain HTTP${reachBeyond(open) ? '' : ', on this machine alone'}`,
        {
          severity: weightOf(snapshot, severityAt(open), reachBeyond(open)),
          affects: servicesAt(open),
          evidence: evidenceOf(open, ({http}) => `HTTP ${http?.answers[0]?.status ?? 'without an answer'}`),
          remedies: [...remedies, confirmBy('what it answers', ...curl(first, '/'))],
        },
      )
    if (secure.length === 0) return skip('plain HTTP is sent on to HTTPS, which no published address spoke')
    if (secure.every(({http}) => http === null)) return skip(`${addressWords(secure)} did not answer`)
    const loose = secure.filter(({http}) => http !== null && !staysThere(http.headers))
    const [one] = loose
    if (one === undefined)
      return pass(`${addressWords(secure)}${plain.length > 0 ? ', and plain HTTP is sent there' : ''}`)
    return fail(
      `${addressWords(loose)} does not tell browsers to stay with HTTPS (no Strict-Transport-Security)`,
      {
        severity: weightOf(snapshot, 'warning', reachBeyond(loose)),
        affects: servicesAt(loose),
        evidence: evidenceOf(loose, ({http}) => http?.headers['strict-transport-security'] ?? 'no HSTS'),
        remedies: [...remedies, confirmBy('its headers', ...curl(one, '/'))],
      },
    )
  },
})

function sendsOn({http}: OutsideAddress): boolean {
  return http?.answers.every(({status, location}) => status === null || isToHttps(status, location)) === true
}

function isToHttps(status: number, location: string | null): boolean {
  return status >= 300 && status < 400 && location?.startsWith('https://') === true
}

function staysThere(headers: Readonly<Record<string, string>>): boolean {
  return Number(/max-age="?(\d+)/i.exec(headers['strict-transport-security'] ?? '')?.[1] ?? 0) > 0
}
