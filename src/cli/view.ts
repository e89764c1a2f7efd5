import type {View} from '../render/view.ts'
import type {Context} from './context.ts'

/** How this command line wants its result printed. */
export function viewOf({terminal, quiet, verbose}: Context): View {
  return {
    columns: terminal.columns,
    color: terminal.color,
    unicode: terminal.unicode,
    fit: terminal.stdoutIsTerminal,
    verbosity: quiet ? 'quiet' : verbose ? 'verbose' : 'normal',
  }
}
