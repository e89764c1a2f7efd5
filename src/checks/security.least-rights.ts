import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, listed, redisCli} from './names.ts'
import {inProduction} from './production.ts'

export const securityLeastRights = defineCheck({
  id: 'security.least-rights',
  category: 'security',
  title: 'hub-mon may look, and change nothing',
  why: 'What watches is in many places: a password that only reads is no loss when it gets about.',
  looksAt:
    'What Redis says that our own user may do (ACL DRYRUN, from Redis 7 on): to change keys, settings and users. Nothing of it is done. Where nodes put their replies it may write, but not with --passive.',
  confirm: ['redis-cli ACL DRYRUN hub-mon-ask SET hub-mon:probe x'],
  cure: ['# a user of its own, which may only look: docs/redis-access.md'],
  severity: 'warning',
  phase: 'running',
  needs: ['redis'],
  reads: ['docker', 'outside'],
  judge(snapshot, {redis: {rights, asksPassword}}) {
    if (rights === undefined) return skip('what our user may do was not asked')
    if (asksPassword === false) return skip('Redis asks nobody for a password: everybody may do everything')
    const {user, mayChange, mayTakeReplies} = rights
    if (user === null || mayChange === null) return skip('Redis does not say what our user may do')
    const takes = snapshot.passive && mayTakeReplies === true && user !== 'default'
    if (mayChange.length === 0 && !takes)
      return pass(
        `${user} ${mayTakeReplies === true ? 'writes where replies are put, and nowhere else' : 'writes nothing'}`,
      )
    const what =
      mayChange.length > 0 ? listed(mayChange) : 'write where replies are put, which --passive never does'
    return fail(`our user of Redis, ${user}, may ${what}`, {
      severity: inProduction(snapshot) ? 'warning' : 'notice',
      affects: affectedBy(snapshot, 'redis'),
      evidence: mayChange.map(command => ({label: command, value: 'allowed'})),
      remedies: [
        decide('give hub-mon a user that may look alone: docs/redis-access.md has it word for word'),
        confirmBy(
          'what it may do',
          ...redisCli(
            snapshot,
            'ACL',
            'DRYRUN',
            user,
            ...(mayChange[0] ?? 'SADD _kombu.binding.reply.celery.pidbox x').split(' '),
          ),
        ),
      ],
    })
  },
})
