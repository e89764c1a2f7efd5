import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'

/** Asks on the terminal; `null` where nobody can be asked. */
export type Ask = ((question: string) => Promise<string>) | null

export type Question = {
  /** What will happen, a sentence each; may hold names that came from the hub. */
  happens: readonly string[]
  /** What wants a yes, as the subject of a sentence: `removing volumes`. */
  subject: string
  /** The command line that does it without asking. */
  command: string
  /** What has to be typed, where a `y` is too easily said: `{value: 'hub', called: "the project's name"}`. */
  word?: {value: string; called: string}
}

/** Returns when it was agreed to, by `--yes` or by the answer; else throws a `HubError` (64, `not-confirmed`): nothing may be touched. */
export async function confirm(
  {happens, subject, command, word}: Question,
  {yes, ask}: {yes: boolean; ask: Ask},
): Promise<void> {
  if (yes) return
  const said = happens.map(clean).join('\n')
  if (ask === null) {
    throw new HubError('usage', 'not-confirmed', `${subject} wants a yes, and nobody can be asked here`, {
      detail: `${said}\nNothing was touched.`,
      suggestions: [command],
    })
  }
  const answer = (
    await ask(
      word === undefined
        ? `${said}\nGo on? [y/N] `
        : `${said}\nType ${word.called} (${clean(word.value)}) to go on: `,
    )
  ).trim()
  if (word === undefined ? /^y(es)?$/i.test(answer) : answer === word.value) return
  throw new HubError(
    'usage',
    'not-confirmed',
    word === undefined
      ? 'not confirmed; nothing was touched'
      : `that is not ${word.called}; nothing was touched`,
  )
}
