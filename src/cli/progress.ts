import {clean} from '../render/text/clean.ts'
import {symbolsFor} from '../render/text/symbols.ts'
import type {Secrets} from '../snapshot/secrets.ts'
import type {Step} from '../stack/step.ts'
import type {Context} from './context.ts'

type Show = Pick<Context, 'terminal' | 'quiet' | 'json'> & {
  secrets: Pick<Secrets, 'mask'>
  /** Where it is shown; stderr, because stdout is for the result. */
  stream: NodeJS.WriteStream
}

/**
 * Carries out steps one after the other and shows them: drawn on a terminal, a line each elsewhere, not at all with
 * `--quiet` and `--json`. Throws what the failing step throws; the steps after it are not begun.
 */
export async function runSteps(steps: readonly Step[], show: Show): Promise<void> {
  const text = (raw: string) => clean(show.secrets.mask(raw))
  if (show.quiet || show.json) return runSilently(steps)
  return show.terminal.animate && hasRoom(show.stream)
    ? drawSteps(steps, show, text)
    : printSteps(steps, show, text)
}

/** A terminal that does not tell its width (0) would be drawn on a letter a line. */
function hasRoom({columns}: NodeJS.WriteStream): boolean {
  return columns >= 20
}

async function runSilently(steps: readonly Step[]): Promise<void> {
  const nothing = () => {}
  for (const step of steps) await step.run({at: nothing, done: nothing, skipped: nothing, warn: nothing})
}

async function printSteps(steps: readonly Step[], show: Show, text: (raw: string) => string): Promise<void> {
  const symbols = symbolsFor(show.terminal)
  const line = (symbol: string, title: string, more: string) =>
    show.stream.write(`${symbol} ${text(more === '' ? title : `${title}: ${more}`)}\n`)
  for (const step of steps) {
    let symbol = symbols.pass
    let outcome = ''
    const warnings: string[] = []
    try {
      await step.run({
        at: () => {},
        done: words => {
          outcome = words
        },
        skipped: words => {
          symbol = symbols.skipped
          outcome = words
        },
        warn: words => warnings.push(words),
      })
    } catch (error) {
      line(symbols.critical, step.title, '')
      throw error
    }
    line(symbol, step.title, outcome)
    for (const words of warnings) line(symbols.warning, words, '')
  }
}

async function drawSteps(steps: readonly Step[], show: Show, text: (raw: string) => string): Promise<void> {
  const {Listr, ListrLogger, ProcessOutput} = await import('listr2')
  const symbols = symbolsFor(show.terminal)
  const list = new Listr(
    steps.map(step => ({
      title: text(step.title),
      task: async (_context, task) => {
        const settled = (words: string) => (words === '' ? step.title : `${step.title}: ${words}`)
        const warnings: string[] = []
        await step.run({
          at: words => {
            task.output = text(words)
          },
          done: words => {
            task.title = text(settled(words))
          },
          skipped: words => task.skip(text(settled(words))),
          warn: words => warnings.push(words),
        })
        for (const words of warnings) task.title += `\n${symbols.warning} ${text(words)}`
      },
    })),
    {
      concurrent: false,
      // Ctrl-C is ours: the step under way ends by its signal.
      registerSignalListeners: false,
      // It would look at stdout, and write there: what is piped must not decide what is drawn on stderr.
      forceTTY: true,
      rendererOptions: {
        showErrorMessage: false,
        logger: new ListrLogger({processOutput: new ProcessOutput(show.stream, show.stream)}),
      },
    },
  )
  await list.run()
}
