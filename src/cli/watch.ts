import {setTimeout as pause} from 'node:timers/promises'
import type {Context} from './context.ts'

const home = '\u001B[H'
const clearBelow = '\u001B[J'
const clearLine = '\u001B[K'
const hideCursor = '\u001B[?25l'
const showCursor = '\u001B[?25h'

/** Shows one look after the other until Ctrl-C; `shown` prints one. A pause is the time between two looks, in seconds. */
export async function watch(
  everySeconds: number,
  {signal}: Pick<Context, 'signal'>,
  shown: () => Promise<void>,
): Promise<never> {
  for (;;) {
    const begun = performance.now()
    await shown()
    const left = Math.max(0, everySeconds * 1000 - (performance.now() - begun))
    await pause(left, undefined, {signal}).catch(() => {})
    signal.throwIfAborted()
  }
}

/** A part of a terminal that is drawn anew in place: no flicker, no scrolling; what does not fit is counted in the last line. */
export function screen(stream: NodeJS.WriteStream): {draw: (text: string) => void; leave: () => void} {
  stream.write(`${hideCursor}\u001B[2J`)
  return {
    draw(text) {
      const lines = text.trimEnd().split('\n')
      const room = Math.max(2, (stream.rows ?? 24) - 1)
      const rest = lines.length - room
      const shown = rest > 0 ? [...lines.slice(0, room - 1), `… ${rest + 1} more lines`] : lines
      stream.write(`${home}${shown.map(line => `${line}${clearLine}\n`).join('')}${clearBelow}`)
    },
    leave() {
      stream.write(showCursor)
    },
  }
}
