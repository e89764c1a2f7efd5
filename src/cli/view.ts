import type {View} from '../render/view.ts'
import type {Context} from './context.ts'
import type {FailOn} from './fail-on.ts'

/** How this command line wants its result printed. */
export function viewOf({terminal, quiet, verbose}: Context, failOn?: FailOn): View {
  return {
    columns: terminal.columns,
    color: terminal.color,
    unicode: terminal.unicode,
    fit: terminal.stdoutIsTerminal,
    ...(failOn === undefined ? {} : {failOn}),
    verbosity: quiet ? 'quiet' : verbose ? 'verbose' : 'normal',
  }
}
