import {duration} from '../render/text/duration.ts'
import {plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import type {Node} from '../snapshot/celery.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {containerOfNode, listed} from './names.ts'

/** Celery's own HEARTBEAT_DRIFT_MAX. */
const mostSeconds = 16
/** More nodes have the same trouble, and the same cure. */
const mostShown = 5

export const hostClock = defineCheck({
  id: 'host.clock',
  category: 'host',
  title: 'The clocks agree',
  why: 'An ETA and an expiry are times of day: a node whose clock is ahead begins tasks too early, throws away those that expire and delivers again what others still run; one that is behind is late.',
  looksAt:
    "The engine's and Redis's clocks, and each node's by its heartbeat, against this one; where more of them agree with each other than with this one, this one is wrong. Celery itself warns above 16 s.",
  confirm: ['date -u', 'docker exec hub-redis date -u', 'docker exec hub-celery-worker date -u'],
  cure: ['sudo timedatectl set-ntp true   # on the machine whose clock is wrong'],
  severity: 'warning',
  phase: 'running',
  needs: [],
  reads: ['docker', 'redis', 'celery'],
  asks: {clocks: true},
  judge(snapshot) {
    const others = othersIn(snapshot)
    if (others.length === 0) return skip('no other clock could be read')
    const clocks = againstMost([{whose: 'this machine', offset: 0, node: null}, ...others])
    const wrong = clocks.filter(isOff)
    if (wrong.length === 0) {
      const most = Math.max(...others.map(({offset}) => Math.abs(offset)))
      return pass(`at most ${duration(most)} apart${unheard(snapshot)}`)
    }
    return fail(listed(wrong.map(inWords)), {
      affects: wrong.flatMap(({node}) => node ?? []),
      evidence: wrong.slice(0, mostShown).map(({whose, offset}) => ({
        ...{label: whose, value: offset, unit: 'seconds', bound: `above ${mostSeconds} s`},
      })),
      remedies: remediesFor(snapshot, wrong),
    })
  },
})

/** `node`: its name, where it is one's. */
type Clock = {whose: string; offset: number; node: string | null}

function isOff({offset}: Clock): boolean {
  return Math.abs(offset) > mostSeconds
}

function inWords({whose, offset}: Clock): string {
  return `${whose} is ${duration(Math.abs(offset))} ${offset > 0 ? 'ahead' : 'behind'}`
}

function othersIn({sources}: Snapshot): Clock[] {
  const told = [
    {whose: 'the Docker engine', offset: factsFrom(sources.docker)?.engine.clockOffsetSeconds, node: null},
    {whose: 'Redis', offset: factsFrom(sources.redis)?.clockOffsetSeconds, node: null},
    ...nodesIn(sources).map(({name, clockOffsetSeconds: offset}) => ({whose: name, offset, node: name})),
  ]
  return told.flatMap(({offset, ...clock}) => (offset == null ? [] : [{...clock, offset}]))
}

function nodesIn(sources: Snapshot['sources']): Node[] {
  return factsFrom(sources.celery)?.nodes ?? []
}

/** Offsets from the time that most of them tell; of two that as many tell, from the one that stands first. */
function againstMost(clocks: readonly Clock[]): Clock[] {
  const agreeing = (time: number) =>
    clocks.filter(({offset}) => Math.abs(offset - time) <= mostSeconds).length
  const most = Math.max(...clocks.map(({offset}) => agreeing(offset)))
  const time = clocks.find(({offset}) => agreeing(offset) === most)?.offset ?? 0
  return clocks.map(clock => ({...clock, offset: clock.offset - time}))
}

/** Nodes send no heartbeats where somebody turned them off. */
function unheard({sources}: Snapshot): string {
  const nodes = nodesIn(sources)
  const silent = nodes.filter(({clockOffsetSeconds}) => clockOffsetSeconds === null).length
  return silent === 0 ? '' : `; of ${silent} of ${plural(nodes.length, 'node')} it did not show`
}

function remediesFor(snapshot: Snapshot, wrong: readonly Clock[]): Remedy[] {
  const nodes = wrong.flatMap(({node}) => node ?? []).slice(0, mostShown)
  const containers = new Set(nodes.flatMap(node => containerOfNode(snapshot, node)?.name ?? []))
  return [
    ...(nodes.length === 0
      ? []
      : [
          decide(
            `where ${listed(nodes)} ${nodes.length === 1 ? 'runs' : 'run'}, let the network set the clock (sudo timedatectl set-ntp true), then start the node again: what it holds for an ETA goes by the wrong time until then`,
          ),
          ...[...containers].map(name => confirmBy('its time', 'docker', 'exec', name, 'date', '-u')),
        ]),
    confirmBy('this clock and whether it is kept right', 'timedatectl'),
    ...(nodes.length === wrong.length
      ? []
      : [cureBy('let the network set the clock, on both sides', 'sudo', 'timedatectl', 'set-ntp', 'true')]),
  ]
}
