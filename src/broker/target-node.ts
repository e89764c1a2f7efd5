import {HubError} from '../errors/hub-error.ts'
import {type CeleryFacts, type Node, silenceOf} from '../snapshot/celery.ts'
import type {Container} from '../snapshot/docker.ts'
import {chooseNode} from './choose-nodes.ts'

/** Finds the one node that is meant, among all that answer and all that are known. Throws a `HubError` (64). */
export function nameOf(word: string, celery: CeleryFacts): string {
  return chooseNode(word, [...celery.nodes.map(({name}) => name), ...celery.silent])
}

/** What a node that cannot be told anything can be reached with instead. */
export type Elsewhere = {
  container: Pick<Container, 'name' | 'service'> | undefined
  /** A command line of ours that acts on the same target. */
  command: (...words: string[]) => string
}

/**
 * The nodes under a name, for telling them something: two may share it. Throws a `HubError` (69) when it is silent, as what
 * is told to it would be carried out whenever it wakes, or gone.
 */
export function requireAnswering(name: string, celery: CeleryFacts, {container, command}: Elsewhere): Node[] {
  const nodes = celery.nodes.filter(node => node.name === name)
  if (nodes.length > 0) return nodes
  if (silenceOf(celery).gone.includes(name))
    throw new HubError(
      'unavailable',
      'node-gone',
      `${name} is not connected any more: there is nothing to tell`,
      {
        detail: 'It left without saying goodbye: killed, or cut off from Redis.',
        suggestions: [command('workers')],
      },
    )
  throw new HubError('unavailable', 'node-silent', `${name} does not answer: it cannot be told anything`, {
    detail:
      'It is hung, busy in a solo pool, or gone. Nothing was sent: it would be carried out whenever the node wakes.',
    suggestions:
      container === undefined
        ? ['restart it where it runs, or end its process: kill -TERM PID, then kill -KILL PID']
        : [command('restart', container.service), `docker restart ${container.name}`],
  })
}
