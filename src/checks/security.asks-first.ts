import {confirmBy} from '../report/finding.ts'
import type {OutsideAddress} from '../snapshot/outside.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, type Outcome, onCompose, pass, skip} from './check.ts'
import {addressWords, curl, evidenceOf, reachBeyond, servicesAt, severityAt} from './outside-addresses.ts'
import {closeIt, inProduction, openedBeside, weightOf} from './production.ts'

export const securityAsksFirst = defineCheck({
  id: 'security.asks-first',
  category: 'security',
  title: 'Nothing is shown before a password is asked for',
  why: "Pages that ask for nothing show names, arguments and results of tasks to whoever reaches them; Flower's /metrics and /healthcheck ask for none, whatever its own password is.",
  looksAt:
    'What each published HTTP address of the hub answers to a request without credentials: for its pages, /metrics, /healthcheck and the API.',
  confirm: ['curl -i http://127.0.0.1:5555/metrics'],
  cure: ['hub-mon up --production   # docs/production.md'],
  severity: 'critical',
  phase: 'running',
  needs: ['outside'],
  reads: ['docker'],
  follows: openedBeside,
  appliesTo: onCompose,
  judge(snapshot, {outside}) {
    const pages = outside.addresses.filter(({http}) => http !== null)
    const shown = pages.filter(address => openPaths(snapshot, address).length > 0)
    if (shown.length === 0) return closed(pages, outside.addresses.filter(isMute))
    const [first] = shown
    const paths = first === undefined ? [] : openPaths(snapshot, first)
    return fail(
      `${addressWords(shown)} ${shown.length === 1 ? 'shows' : 'show'} ${paths.join(', ')} to whoever asks${reachBeyond(shown) ? '' : ', on this machine alone'}`,
      {
        severity: weightOf(snapshot, severityAt(shown), reachBeyond(shown)),
        affects: servicesAt(shown),
        evidence: evidenceOf(shown, address => `answers ${openPaths(snapshot, address).join(', ')}`),
        remedies: [
          ...closeIt(snapshot, 'a proxy that asks for a password before everything, and no port of Flower'),
          ...(first === undefined ? [] : [confirmBy('what it shows', ...curl(first, paths[0] ?? '/'))]),
        ],
      },
    )
  },
})

/** Where pages would be, if it had answered as they do. */
function isMute({role, speaks, http}: OutsideAddress): boolean {
  if (http !== null || role === 'redis') return false
  return role === 'proxy' || role === 'flower' || speaks === 'nothing' || speaks === 'https'
}

function closed(pages: readonly OutsideAddress[], mute: readonly OutsideAddress[]): Outcome {
  if (mute.length > 0) return skip(`${addressWords(mute)} did not answer as a page does`)
  if (pages.length === 0) return pass('no page of the hub is published')
  const asks = pages.filter(({http}) => http?.answers.some(({status}) => status === 401) === true)
  if (asks.length > 0) return pass(`${addressWords(asks)}: 401 without a password`)
  const refused = pages.filter(({http}) => http?.answers.every(({status}) => status === 403) === true)
  return refused.length === 0
    ? pass(`${addressWords(pages)}: nothing is shown`)
    : skip(`${addressWords(refused)} turns this machine away (403) before a password is asked for`)
}

/**
 * Paths that were answered with what they hold. Outside of production, what a Flower with a password leaves open all the same
 * is the matter of flower.metrics-open.
 */
function openPaths(snapshot: Snapshot, {http, role}: OutsideAddress): string[] {
  const answers = http?.answers ?? []
  const asks = answers[0]?.status === 401
  return answers
    .filter(({status}) => status !== null && status >= 200 && status < 300)
    .map(({path}) => path)
    .filter(
      path =>
        !(asks && role === 'flower' && !inProduction(snapshot) && /\/(metrics|healthcheck)$/.test(path)),
    )
}
