import {confirmBy, cureBy} from '../report/finding.ts'
import type {OutsideAddress} from '../snapshot/outside.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, type Outcome, onCompose, pass, skip} from './check.ts'
import {affectedBy, containerOf, hubMon, lastWords} from './names.ts'
import {addressOf, addressWords, evidenceOf} from './outside-addresses.ts'
import {inProduction, weightOf} from './production.ts'

export const securityReachable = defineCheck({
  id: 'security.reachable',
  category: 'security',
  title: 'The proxy answers where it is published',
  why: 'Nobody sees Flower while the proxy does not answer, and what it lets through cannot be told.',
  looksAt: 'Whether each published port of the proxy answers, as it is asked from this machine.',
  confirm: ['curl -ik https://127.0.0.1/', 'docker logs --tail 20 hub-proxy'],
  cure: ['hub-mon restart proxy'],
  severity: 'warning',
  phase: 'running',
  needs: ['docker'],
  reads: ['outside'],
  roots: 'outside',
  follows: [
    {check: 'stack.running', of: 'proxy'},
    {check: 'stack.restart-loop', of: 'proxy'},
    {check: 'stack.healthy', of: 'proxy'},
  ],
  appliesTo: onCompose,
  judge(snapshot) {
    const outside = factsFrom(snapshot.sources.outside)
    if (outside === undefined) return unread(snapshot)
    const proxy = containerOf(snapshot, 'proxy')
    if (proxy === undefined || !inProduction(snapshot)) return skip('no proxy stands in front of this hub')
    const asked = outside.addresses.filter(({role}) => role === 'proxy')
    const mute = asked.filter(address => !asked.some(other => isOneOf(address, other) && answers(other)))
    if (asked.length > 0 && mute.length === 0)
      return pass(`answered at ${addressWords(asked.filter(answers))}`)
    const [first] = mute
    return fail(
      first === undefined
        ? `${proxy.name} publishes no port`
        : `${addressWords(mute)} ${whatItDoes(first, mute.length > 1)}`,
      {
        affects: affectedBy(snapshot, 'proxy'),
        evidence: evidenceOf(mute, ({error, speaks}) => error ?? speaks),
        remedies: [
          cureBy('start it again', ...hubMon(snapshot, 'restart', proxy.service)),
          ...(first === undefined
            ? []
            : [
                confirmBy(
                  'what it answers',
                  'curl',
                  '-ik',
                  `https://${addressOf({...first, speaks: 'other'})}/`,
                ),
              ]),
          ...lastWords(proxy),
        ],
      },
    )
  },
})

function unread(snapshot: Snapshot): Outcome {
  const reading = snapshot.sources.outside
  const error = reading?.status === 'unavailable' ? reading.error : {code: '', message: 'not asked'}
  if (error.code === 'elsewhere') return skip(error.message)
  return fail(`what is published could not be requested: ${error.message}`, {
    severity: weightOf(snapshot, 'warning', false),
    remedies: [
      cureBy('with more time', ...hubMon(snapshot, 'doctor', '--only', 'security', '--timeout', '15s')),
    ],
  })
}

/** One port, asked at several addresses of this machine: not each of them leads everywhere. */
function isOneOf(one: OutsideAddress, other: OutsideAddress): boolean {
  return one.container === other.container && one.containerPort === other.containerPort
}

/** To shake hands and stay silent is no answer. */
function answers({http}: OutsideAddress): boolean {
  return http !== null
}

function whatItDoes({error, speaks}: OutsideAddress, several: boolean): string {
  if (error === 'tls-refused') return `${several ? 'refuse' : 'refuses'} TLS for the name of the site`
  if (speaks === 'other') return `${several ? 'answer' : 'answers'} with something else than HTTP`
  return several ? 'do not answer' : 'does not answer'
}
