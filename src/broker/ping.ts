import type {Ping} from '../report/ping.ts'
import type {CeleryFacts} from '../snapshot/celery.ts'
import type {Told} from '../sources/celery/nodes/control.ts'

/**
 * Who answered. `named`: who was asked for by name, all of whom must answer; `null`: all that are connected must, and a known
 * name that nobody is connected under is gone, which is no failure.
 */
export function pinged(
  told: Told,
  {known = []}: Pick<CeleryFacts, 'known'>,
  named: readonly string[] | null,
): Ping {
  const {subscribers, seconds, replies, unreadable} = told
  const heard = new Set(replies.map(({node}) => node))
  const unheard = (named ?? known).filter(name => !heard.has(name))
  const frame = {
    ...{subscribers, seconds, unreadable},
    answered: replies.map(reply => ({name: reply.node, seconds: reply.seconds})),
  }
  if (named !== null)
    // Which of them it was that answered in pickle is not known.
    return {...frame, silent: unheard.length <= unreadable ? [] : unheard, nameless: 0, gone: []}
  const hung = Math.max(0, subscribers - replies.length - unreadable)
  if (hung === 0) return {...frame, silent: [], nameless: 0, gone: unreadable > 0 ? [] : unheard}
  return {...frame, silent: unheard, nameless: Math.max(0, hung - unheard.length), gone: []}
}

/** Whether all that had to answer did. */
export function allAnswered({answered, unreadable, silent, nameless}: Ping): boolean {
  return answered.length + unreadable > 0 && silent.length + nameless === 0
}
