import {closest} from './closest.ts'
import {HubError} from './hub-error.ts'

const mostNamed = 5

/** That what was named is not there (64, `no-such-…`): with the closest name, and with what there is instead. */
export function noSuch(kind: 'node' | 'queue' | 'service', name: string, known: readonly string[]): HubError {
  const near = closest(name, known)
  const more = known.length > mostNamed ? ` and ${known.length - mostNamed} more` : ''
  return new HubError('usage', `no-such-${kind}`, `there is no ${kind} ${JSON.stringify(name)}`, {
    suggestions: [
      ...(near === null ? [] : [`did you mean ${near}?`]),
      known.length === 0 ? `no ${kind} is known` : `${kind}s: ${known.slice(0, mostNamed).join(', ')}${more}`,
    ],
  })
}
