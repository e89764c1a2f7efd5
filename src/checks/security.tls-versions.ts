import {confirmBy} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {addressWords, curl, evidenceOf, reachBeyond, servicesAt} from './outside-addresses.ts'
import {closeIt, weightOf} from './production.ts'

export const securityTlsVersions = defineCheck({
  id: 'security.tls-versions',
  category: 'security',
  title: 'TLS below 1.2 is refused',
  why: 'TLS 1.0 and 1.1 are broken; whoever sits on the way makes both sides fall back to them where they are still taken.',
  looksAt: 'Whether a handshake of TLS 1.1 and below is taken, at each published address that speaks TLS.',
  confirm: ['openssl s_client -connect 127.0.0.1:443 -tls1_1 -cipher DEFAULT@SECLEVEL=0 </dev/null'],
  cure: ['# protocols tls1.2 tls1.3, in the configuration of the proxy, then: hub-mon up'],
  severity: 'warning',
  phase: 'running',
  needs: ['outside'],
  reads: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {outside}) {
    const told = outside.addresses.filter(({tls}) => tls !== null && tls.oldAccepted !== null)
    if (told.length === 0)
      return skip(
        outside.addresses.some(({speaks}) => speaks === 'https' || speaks === 'rediss')
          ? 'it could not be tried from here'
          : 'no published address of the hub speaks TLS',
      )
    const old = told.filter(({tls}) => tls?.oldAccepted === true)
    const [first] = old
    if (first === undefined) return pass(`${addressWords(told)}: 1.2 at least`)
    return fail(`${addressWords(old)} takes TLS 1.1 and below`, {
      severity: weightOf(snapshot, 'warning', reachBeyond(old)),
      affects: servicesAt(old),
      evidence: evidenceOf(old, ({tls}) => `negotiated ${tls?.version ?? 'nothing'} when it had the choice`),
      remedies: [
        ...closeIt(snapshot, 'a proxy that speaks TLS 1.2 and 1.3 alone'),
        confirmBy('whether it takes TLS 1.1', ...curl(first, '/', '--tls-max', '1.1')),
      ],
    })
  },
})
