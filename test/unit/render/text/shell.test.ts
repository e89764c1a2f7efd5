import {execFileSync} from 'node:child_process'
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {isClean} from '../../../../src/render/text/clean.ts'
import {commandLine, shellWord} from '../../../../src/render/text/shell.ts'

/** What a shell makes of the words: each is given back with a NUL behind it. */
function throughShell(words: readonly string[]): string[] {
  const script = `printf '%s\\0' ${commandLine(words)}`
  return execFileSync('sh', ['-c', script], {encoding: 'utf8'}).split('\0').slice(0, -1)
}

describe('shellWord', () => {
  test.each([
    ['hub-mon', 'hub-mon'],
    ['--tail=20', '--tail=20'],
    ['-f', '-f'],
    ['redis://127.0.0.1:6379/0', 'redis://127.0.0.1:6379/0'],
    ['celery@host', 'celery@host'],
    ['', "''"],
    ['two words', "'two words'"],
    ['$(touch x)', "'$(touch x)'"],
    ['`id`', "'`id`'"],
    ["it's", "'it'\\''s'"],
    ['A=b', "'A=b'"],
    ['--name=$HOME', "'--name=$HOME'"],
    ['~root', "'~root'"],
    ['*', "'*'"],
    ['日本語', "'日本語'"],
    ['\x1b[2J!', `"$(printf '\\033[2J\\041')"`],
    ['-\x07', `"$(printf '\\055\\007')"`],
  ])('%j becomes %s', (word, quoted) => {
    expect(shellWord(word)).toBe(quoted)
  })

  // What no argument or no text of ours can hold: NUL, half a surrogate pair.
  const argument = fc
    .oneof(
      fc.string({unit: 'binary'}),
      fc.string({unit: fc.constantFrom(...'\'"`$\\!-%()\n\t\r\x1b\x7f\u202e a0é~*?[]{}<>|&;#=')}),
    )
    .filter(word => !/[\0\p{Cs}]/u.test(word))

  test('survives a shell whole', () => {
    fc.assert(
      fc.property(fc.array(argument, {minLength: 1, maxLength: 20}), words => {
        expect(throughShell(words)).toEqual(words)
      }),
      {numRuns: 150},
    )
  })

  test('is on one line and free of control characters, but for newlines at the end of a word', () => {
    fc.assert(
      fc.property(argument, word => {
        expect(isClean(shellWord(word.replace(/\n+$/, '')))).toBe(true)
      }),
      {numRuns: 1000},
    )
  })
})
