import {bytes} from '../render/text/bytes.ts'
import type {IndexEntry} from './entry.ts'

/** A row a file: what it is and how big, or why it is not there. */
export function fileLines(entries: readonly IndexEntry[]): string[] {
  const width = Math.max(...entries.map(({name}) => name.length))
  return entries.map(({name, what, bytes: size, truncated, missing}) => {
    const said = missing === null ? bytes(size ?? 0) : `not there: ${missing.message}`
    return `  ${name.padEnd(width)}  ${what}: ${said}${truncated === null ? '' : `, ${truncated}`}`
  })
}

/** README.txt of a bundle: for whoever opens it, with or without hub-mon. */
export function readme(
  {tool, takenAt, hub}: {tool: string; takenAt: string; hub: string},
  entries: readonly IndexEntry[],
): string {
  return [
    `What hub-mon ${tool} saw of ${hub} at ${takenAt}.`,
    '',
    ...fileLines(entries),
    '  index.json  the same for programs, with the SHA-256 of each file',
    '',
    'hub-mon judges and measures it anywhere, without reaching the hub:',
    '  hub-mon doctor --from FILE.tar.gz',
    '  hub-mon stats --saved FILE.tar.gz',
    '',
    'Passwords, tokens, credentials in URLs, and arguments and results of tasks are masked as ***, as far as they can be told: what is',
    'named like a secret, what stands where a secret stands, and every value that was found so, wherever it stands. Names of hosts,',
    'queues, tasks and files are not masked, and messages of exceptions stand as the services wrote them: read logs/ before you',
    'give this to somebody else.',
    '',
  ].join('\n')
}
