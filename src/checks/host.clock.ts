import {duration} from '../render/text/duration.ts'
import {confirmBy, cureBy} from '../report/finding.ts'
import {factsFrom} from '../snapshot/reading.ts'
import {defineCheck, fail, pass, skip} from './check.ts'

/** Celery's own HEARTBEAT_DRIFT_MAX. */
const mostSeconds = 16

export const hostClock = defineCheck({
  id: 'host.clock',
  category: 'host',
  title: 'The clocks agree',
  why: 'With clocks apart, Flower takes living nodes for offline, and tasks with an ETA start early or late.',
  looksAt: "The engine's and Redis's clocks against this one; Celery itself warns above 16 s.",
  confirm: ['date -u', 'docker exec hub-redis date -u'],
  cure: ['sudo timedatectl set-ntp true'],
  severity: 'warning',
  phase: 'running',
  needs: [],
  reads: ['docker', 'redis'],
  judge({sources}) {
    const clocks = [
      {whose: 'the Docker engine', offset: factsFrom(sources.docker)?.engine.clockOffsetSeconds ?? null},
      {whose: 'Redis', offset: factsFrom(sources.redis)?.clockOffsetSeconds ?? null},
    ].flatMap(({whose, offset}) => (offset === null ? [] : [{whose, offset}]))
    if (clocks.length === 0) return skip('no other clock could be read')
    const wrong = clocks.filter(({offset}) => Math.abs(offset) > mostSeconds)
    if (wrong.length === 0) {
      const most = Math.max(...clocks.map(({offset}) => Math.abs(offset)))
      return pass(`at most ${duration(most)} apart`)
    }
    const inWords = ({whose, offset}: {whose: string; offset: number}) =>
      `${whose} is ${duration(Math.abs(offset))} ${offset > 0 ? 'ahead' : 'behind'}`
    return fail(wrong.map(inWords).join(', '), {
      evidence: wrong.map(({whose, offset}) => ({
        ...{label: whose, value: offset, unit: 'seconds', bound: `above ${mostSeconds} s`},
      })),
      remedies: [
        confirmBy('this clock and whether it is kept right', 'timedatectl'),
        cureBy('let the network set the clock, on both sides', 'sudo', 'timedatectl', 'set-ntp', 'true'),
      ],
    })
  },
})
