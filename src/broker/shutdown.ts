import {plural} from '../render/text/number.ts'
import type {Node} from '../snapshot/celery.ts'
import type {Container} from '../snapshot/docker.ts'
import {heldWords, onceDelivered} from './held-words.ts'

/** What becomes of the nodes under a name, and of what they run and hold, when they are told to shut down; a sentence each. */
export function foretellShutdown(
  name: string,
  nodes: readonly Node[],
  container: Pick<Container, 'name' | 'service'> | undefined,
): string[] {
  const running = nodes.flatMap(({active, conf}) =>
    active.map(({acknowledged}) => acknowledged ?? (conf?.acksLate == null ? null : !conf.acksLate)),
  )
  const lost = running.filter(early => early === true).length
  const again = running.filter(early => early === false).length
  const many = nodes.length > 1
  const [who, takes, runs, finishes, ends] = many
    ? [`All ${nodes.length} nodes that answer as ${name}`, 'take', 'run', 'finish', 'end']
    : [name, 'takes', 'runs', 'finishes', 'ends']
  const first =
    running.length === 0
      ? `${runs} none`
      : `${finishes} the ${plural(running.length, 'task')} that ${running.length === 1 ? 'runs' : 'run'}`
  return [
    `${who} ${takes} no more tasks, ${first} and ${ends} (warm shutdown).`,
    ...(lost === 0
      ? []
      : [`Should it be killed before: ${plural(lost, 'task')}, acknowledged already, would be lost.`]),
    ...(again === 0
      ? []
      : [
          `Should it be killed before: ${plural(again, 'task')}, acknowledged late, would run again, ${onceDelivered(nodes)}.`,
        ]),
    ...heldWords(nodes),
    container === undefined
      ? 'What supervises it (systemd, Kubernetes, a restart policy) may start it again.'
      : `The restart policy of its container, ${container.name}, may start it again.`,
  ]
}

/** What is known of a node that was told and has not gone, and what ends it. */
export function stillThere(
  nodes: readonly Node[],
  container: Pick<Container, 'service'> | undefined,
  command: (...words: string[]) => string,
): {detail: string; suggestions: string[]} {
  const [first] = nodes
  const look = first === undefined ? [] : [command('workers', first.name)]
  if (nodes.some(({active, reserved}) => active.length > 0 || reserved !== 0))
    return {detail: 'It may be finishing a task; it takes no more meanwhile.', suggestions: look}
  const end =
    container === undefined
      ? 'end its process with SIGKILL on the machine that it runs on'
      : command('restart', container.service, '--grace', '10s')
  return {
    detail: 'It ran nothing: it hangs on its way out.',
    suggestions: [...look, end],
  }
}
