import {isClean} from './clean.ts'

/** Words that every shell takes as they stand; `=` only behind an option's name, where no shell expands it. */
const safe = /^(--?[A-Za-z][\w-]*=)?[\w@%+:,./-]+$/

/** A command line that can be typed or pasted into any POSIX shell. On one line and free of control characters. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ')
}

/** One word for a POSIX shell, whatever is in it (but NUL, which no argument can hold). */
export function shellWord(word: string): string {
  if (safe.test(word)) return word
  if (isClean(word)) return singleQuoted(word)
  return printed(word)
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * For words that must not reach a terminal as they are: `"$(printf 'a\033b')"`.
 * `$(…)` drops newlines at the end, so those alone are quoted as they are.
 */
function printed(word: string): string {
  const end = /\n*$/.exec(word)?.[0] ?? ''
  const body = word.slice(0, word.length - end.length)
  const head = body === '' ? '' : `"$(printf '${[...body].map(printfCharacter).join('')}')"`
  return head + (end === '' ? '' : singleQuoted(end))
}

function printfCharacter(character: string, place: number): string {
  if (character === '%') return '%%'
  // A shell at a terminal replaces `!` by its history, between double quotes, too.
  const plain = isClean(character) && !"\\'!".includes(character)
  // A dash in front would be read as printf's own option.
  if (plain && !(place === 0 && character === '-')) return character
  return [...Buffer.from(character)].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}
