import {HubError} from '../errors/hub-error.ts'
import {noSuch} from '../errors/no-such.ts'
import {matchesGlob} from '../report/glob.ts'

/**
 * The nodes that are meant: by name, by what stands on one side of the `@` (`web-1` for `celery@web-1`) or by a pattern with `*` and `?`; all of
 * them when none is named. Throws a `HubError` (64) for a word that means none, with the closest name.
 */
export function chooseNodes(words: readonly string[], known: readonly string[]): string[] {
  const names = [...new Set(known)]
  if (words.length === 0) return names
  const chosen = new Set(words.flatMap(word => meantBy(word, names)))
  return names.filter(name => chosen.has(name))
}

/** The one node that is meant. Throws a `HubError` (64) for none, and for several. */
export function chooseNode(word: string, known: readonly string[]): string {
  const [node, ...others] = meantBy(word, [...new Set(known)])
  if (node !== undefined && others.length === 0) return node
  throw new HubError('usage', 'several-nodes', `${JSON.stringify(word)} means ${others.length + 1} nodes`, {
    suggestions: [node ?? '', ...others].slice(0, mostSuggested),
  })
}

const mostSuggested = 5

function meantBy(word: string, names: readonly string[]): string[] {
  if (names.includes(word)) return [word]
  const meant = names.filter(name => [name, ...name.split('@')].some(part => matchesGlob(part, word)))
  if (meant.length > 0) return meant
  throw noSuch('node', word, names)
}
