import {cureBy, decide} from '../report/finding.ts'
import {factsFrom} from '../snapshot/reading.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {affectedBy, containersOf, hubMon} from './names.ts'
import {exposureOf} from './published.ts'

export const flowerExposed = defineCheck({
  id: 'flower.exposed',
  category: 'flower',
  title: 'Flower is not open to the network',
  why: 'Whoever reaches a Flower without auth reads task arguments, and may run tasks unless it is read-only.',
  looksAt: "The addresses that Flower's port is published on, and whether it asks for a password.",
  confirm: ['docker port hub-flower'],
  cure: ['# publish it on 127.0.0.1, or set FLOWER_BASIC_AUTH, in the compose file, then: hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['flower'],
  follows: [{check: 'security.around-the-proxy', of: 'the-same'}],
  appliesTo: onCompose,
  judge(snapshot) {
    if (containersOf(snapshot, 'flower').length === 0) return skip('no container of this stack runs Flower')
    const open = exposureOf(snapshot, 'flower')
    if (open === null) return pass('published on loopback alone, or not at all')
    const flower = factsFrom(snapshot.sources.flower)
    if (flower?.asksAuth === true) return pass(`published on ${open.where}, with auth`)
    const known = flower?.asksAuth === false
    const acts = known && flower.readOnly === false
    const how = known ? 'without auth' : 'and whether it asks for a password could not be told'
    return fail(`published on ${open.where}, ${how}${acts ? ', and it may run tasks' : ''}`, {
      severity: known && flower.readOnly !== true ? 'critical' : 'warning',
      affects: affectedBy(snapshot, 'flower'),
      evidence: open.evidence,
      remedies: [
        decide('publish it on 127.0.0.1, or set FLOWER_BASIC_AUTH=user:password, in the compose file'),
        cureBy('apply it', ...hubMon(snapshot, 'up')),
        ...open.confirm,
      ],
    })
  },
})
