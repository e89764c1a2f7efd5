import {bytes} from '../text/bytes.ts'
import {clean} from '../text/clean.ts'
import {plural} from '../text/number.ts'

/** What a purge did; `restore` is the command line that takes it back. */
export function purgedText(
  queue: string,
  {messages, file, bytes: size}: {messages: number; file: string | null; bytes: number},
  restore: string | null,
): string {
  if (file === null) return `Nothing was to do: queue ${clean(queue)} is empty.\n`
  return cleanLines(
    [
      `Purged ${plural(messages, 'message')} of queue ${queue} (${bytes(size)}).`,
      `They are in ${file}`,
      ...(restore === null ? [] : [`To put them back: ${restore}`]),
      '',
    ].join('\n'),
  )
}

/** What a restore did. */
export function restoredText({
  queues,
  files,
  elsewhere,
}: {
  queues: readonly {queue: string; messages: number; behind: boolean}[]
  files: readonly string[]
  elsewhere: readonly {path: string; host: string}[]
}): string {
  const lines = [
    ...queues.map(
      ({queue, messages, behind}) =>
        `Put ${plural(messages, 'message')} back into queue ${queue}${behind ? ', behind what waited there: this Redis is older than 6.2' : ''}.`,
    ),
    ...(queues.length === 0 ? ['Nothing was to do: the messages are back already.'] : []),
    ...files.map(file => `The file is called ${file} now.`),
    ...elsewhere.map(({path, host}) => `A copy may be in ${path} on ${host}: do not put that back, too.`),
  ]
  return cleanLines(`${lines.join('\n')}\n`)
}

/** Lines of ours with names in them that came from the hub. */
export function cleanLines(text: string): string {
  return text.split('\n').map(clean).join('\n')
}
