import {execFile} from 'node:child_process'
import path from 'node:path'
import {promisify} from 'node:util'
import {root} from './hub.ts'
import {quietEnvironment} from './hub-mon.ts'

const run = promisify(execFile)

/**
 * Python has a terminal at hand, Node has none: its size is set, then all that is drawn on it is passed on. The first
 * question gets the answer, where there is one.
 */
const terminal = `
import fcntl, os, pty, re, struct, sys, termios
size = struct.pack('HHHH', int(sys.argv[1]), int(sys.argv[2]), 0, 0)
answer = sys.argv[3]
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(sys.argv[4], sys.argv[4:])
seen = b''
while True:
    try: drawn = os.read(terminal, 65536)
    except OSError: break
    if not drawn: break
    sys.stdout.buffer.write(drawn)
    seen = (seen + drawn)[-200:]
    # What asks may draw its question anew after it.
    if answer and re.search(rb'(\\[y/N\\]|:) (\x1b\\[[0-9;]*[A-Za-z])*$', seen):
        os.write(terminal, answer.encode() + b'\\r')
        answer = ''
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
`

/** The words that run these on a terminal, and answer the first question there. */
export function onAnsweringTerminal(words: readonly string[], answer: string): string[] {
  return ['/usr/bin/python3', '-c', terminal, '40', '200', answer, ...words]
}

/** What hub-mon draws on a terminal of this size, a line each; throws when it ends with another code than 0. */
export async function onTerminal(
  words: readonly string[],
  {columns, rows, cwd}: {columns: number; rows: number; cwd: string},
): Promise<string[]> {
  const {stdout} = await run(
    '/usr/bin/python3',
    [
      '-c',
      terminal,
      String(rows),
      String(columns),
      '',
      process.execPath,
      path.join(root, 'bin/run.js'),
      ...words,
    ],
    {cwd, env: quietEnvironment({TERM: 'xterm'}), maxBuffer: 64 * 1024 * 1024},
  )
  return stdout.trimEnd().split(/\r?\n/)
}
