import {readFileSync} from 'node:fs'
import fc from 'fast-check'

const recorded: Record<string, {replies: {[node: string]: unknown}}> = JSON.parse(
  readFileSync(new URL('../../../recordings/celery/remote-control-replies.json', import.meta.url), 'utf8'),
)

/** What a node answered to a method, as it was recorded. */
export function recordedReply(method: string): unknown {
  const name = Object.keys(recorded).find(request => request.startsWith(`${method}{`))
  return name === undefined ? {} : Object.values(recorded[name]?.replies ?? {})[0]
}

/** Names that objects have by birth, that terminals act on, that shells and spreadsheets do, and that are no text at all. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...[
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'length',
      '',
      ' ',
      '0',
      '-1',
      'null',
      'NaN',
    ],
    ...[
      '\x1b[31mred\x1b[0m',
      '\x1b]0;owned\x07',
      '\x9b2J',
      'a\rb',
      'a\nb',
      'a\tb',
      '\x00',
      '\x7f',
      '\x85',
      '\u202egnp.exe',
      '\u2028',
      '\ud800',
    ],
    ...[
      '\x06\x16',
      'q\x06\x163',
      '$(reboot)',
      '`reboot`',
      "'; reboot; '",
      '--flag',
      '=cmd()',
      '%s',
      '{{x}}',
      '../../etc',
    ],
    ...['redis://user:hunter2secret@host:1/0', 'celery@ok', 'reply.celery.pidbox', 'celery.pidbox'],
    ...['x'.repeat(3000), '\u0301'.repeat(300), '👩‍👩‍👧'.repeat(50), ' [rate_limit='.repeat(300)],
  ),
  fc.string({unit: 'binary', maxLength: 20}),
)

// What JSON cannot say and Python or a stranger writes all the same: put into the text after it was made.
const bare = ['NaN', 'Infinity', '-Infinity', '1e999', '-0', '1e-320', '123456789012345678901234567890']
const marked = (word: string) => `\uE000${word}\uE000`

const nastyNumber: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...bare.map(marked)),
  fc.constantFrom(0, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, -1e308, 5e-324),
  fc.double({noNaN: true, noDefaultInfinity: true}),
)

const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  {depthSize: 'small'},
  fc.constantFrom(null, true, false, [], {}, [[]], [null], {error: 'no'}, {ok: null}),
  nastyText,
  nastyNumber,
  fc.array(fc.oneof(nastyText, nastyNumber, fc.constant(null)), {maxLength: 5}),
  fc.array(fc.tuple(nastyText, fc.oneof(nastyText, nastyNumber)), {maxLength: 5}).map(entriesOf),
  fc.constantFrom(
    JSON.parse('['.repeat(40) + ']'.repeat(40)),
    JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`),
  ),
)

/** An object with these as its own names, `__proto__` too. */
function entriesOf(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries)
}

/** The value with some of what is in it, or all of it, replaced, taken away or given another name. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    place: fc.nat(),
    kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'rename', 'repeat'),
    by: nastyValue,
    name: nastyText,
  })
  return fc.array(change, {maxLength: 4}).map(changes => changes.reduce(changed, value))
}

type Change = {place: number; kind: string; by: unknown; name: string}

function changed(value: unknown, {place, kind, by, name}: Change): unknown {
  const places = placesIn(value, 0)
  const path = places[place % places.length] ?? []
  return at(value, path, here => {
    if (here === null || typeof here !== 'object' || kind === 'replace') return by
    if (Array.isArray(here))
      return kind === 'repeat' ? Array.from({length: 60}, () => here[0]) : here.slice(1)
    const [first, ...rest] = Object.entries(here)
    if (kind === 'repeat') return entriesOf([...Object.entries(here), [name, by]])
    return entriesOf(kind === 'rename' && first !== undefined ? [[name, first[1]], ...rest] : rest)
  })
}

function placesIn(value: unknown, depth: number): (string | number)[][] {
  if (value === null || typeof value !== 'object' || depth > 6) return [[]]
  const names: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return [
    [],
    ...names
      .slice(0, 40)
      .flatMap(name =>
        placesIn((value as Record<string, unknown>)[name], depth + 1).map(path => [name, ...path]),
      ),
  ]
}

function at(value: unknown, path: readonly (string | number)[], change: (here: unknown) => unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return change(value)
  if (Array.isArray(value))
    return value.map((item, index) => (index === name ? at(item, rest, change) : item))
  return entriesOf(
    Object.entries(value as object).map(([key, item]) => [key, key === name ? at(item, rest, change) : item]),
  )
}

/** As a stranger would write it: JSON, and what is none. */
export function asWritten(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(/"\uE000([^"\uE000]*)\uE000"/g, '$1')
}

/** Whether a value is plain data that JSON says whole; else where it is not. */
export function notPlain(value: unknown, path = ''): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is ${value}`
  if (typeof value !== 'object') return `${path} is ${typeof value}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype) return `${path} has another prototype`
  for (const [name, item] of Object.entries(value)) {
    // Absent is said by leaving it out.
    const inner = item === undefined ? null : notPlain(item, `${path}.${name}`)
    if (inner !== null) return inner
  }
  return null
}

/** What a terminal would act on, but for ends of lines; else `null`. */
export function rawControl(text: string): string | null {
  const found = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.exec(text)
  return found === null ? null : JSON.stringify(text.slice(Math.max(0, found.index - 60), found.index + 20))
}
