import type {TaskAccount, TimelineEntry} from '../../report/task-account.ts'
import type {Target} from '../../snapshot/snapshot.ts'
import type {Concealed} from '../../snapshot/task-story.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {count} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {commandLine} from '../text/shell.ts'
import {symbolsFor} from '../text/symbols.ts'
import {moment, targetLine} from '../text/target.ts'
import {padEnd, width, wrap} from '../text/width.ts'
import type {View} from '../view.ts'

export type AccountFrame = {target: Target; takenAt: string; next: readonly (readonly string[])[]}

/** A task's whole story: what is true now, what does not fit, what happened, what was looked through, what to type. */
export function renderAccount(account: TaskAccount, frame: AccountFrame, view: View): string {
  const palette = paletteFor(view)
  const columns = view.fit ? view.columns : Number.POSITIVE_INFINITY
  const hanging = (lead: string, text: string) => hangingLines(lead, text, columns)
  const blocks: string[][] = []
  if (view.verbosity !== 'quiet') blocks.push(hanging('', targetLine(frame, view)).map(palette.faint))
  blocks.push([
    ...hanging('Task ', clean(account.id)).map(palette.strong),
    ...hanging('', clean(account.summary)).map(statePaint(account, palette)),
    ...account.contradictions.flatMap(sentence =>
      hanging(`${symbolsFor(view).warning} `, clean(sentence)).map(palette.warn),
    ),
  ])
  const facts = factsOf(account, frame.takenAt)
  if (facts.length > 0) {
    const most = Math.max(...facts.map(([name]) => width(name)))
    blocks.push(facts.flatMap(([name, value]) => hanging(`${padEnd(name, most)}  `, clean(value))))
  }
  if (account.timeline.length > 0) blocks.push(timeline(account.timeline, palette, columns))
  // A line of a traceback is code: broken, it could not be read.
  if (account.traceback !== null)
    blocks.push([
      palette.faint('Traceback'),
      ...account.traceback
        .trimEnd()
        .split('\n')
        .map(line => `  ${clean(cutLine(line))}`),
    ])
  if (view.verbosity !== 'quiet')
    blocks.push([
      palette.faint('Looked through'),
      ...account.looked.flatMap(sentence => hanging('  ', clean(sentence))).map(palette.faint),
    ])
  if (frame.next.length > 0)
    blocks.push(['Next:', ...frame.next.map(words => `  ${palette.command(clean(commandLine(words)))}`)])
  return `${blocks.map(lines => lines.join('\n')).join('\n\n')}\n`
}

function statePaint({state}: TaskAccount, palette: Palette): (text: string) => string {
  if (state === 'failed' || state === 'delivered') return palette.bad
  return state === 'succeeded' || state === 'running' ? palette.good : text => text
}

function factsOf(account: TaskAccount, takenAt: string): [string, string][] {
  const {task, node, queue, startedAt, endedAt, eta, runtimeSeconds, retries, children} = account
  const facts: [string, string | null][] = [
    ['task', task],
    ['node', node],
    ['queue', queue],
    ['running for', account.state === 'running' && startedAt !== null ? sinceThen(startedAt, takenAt) : null],
    ['ended', endedAt === null ? null : when(endedAt, takenAt)],
    ['ETA', eta === null || endedAt !== null ? null : when(eta, takenAt)],
    ['runtime', runtimeSeconds === null ? null : duration(runtimeSeconds)],
    ['retries', retries === null ? null : count(retries)],
    ['arguments', concealed(account.args)],
    ['keywords', concealed(account.kwargs)],
    ['result', concealed(account.result)],
    ['kept for', account.resultExpiresInSeconds === null ? null : duration(account.resultExpiresInSeconds)],
    ['sent by', account.origin],
    ['parent', account.parentId],
    ['root', account.rootId],
    ['group', account.groupId],
    ['children', children.length === 0 ? null : children.join(' ')],
    [
      'body',
      account.contentType === null || account.contentType === 'application/json'
        ? null
        : `${account.contentType}, not opened`,
    ],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== '')
}

const units: Partial<Record<Concealed['kind'], readonly [string, string]>> = {
  text: ['character', 'characters'],
  repr: ['character', 'characters'],
  list: ['entry', 'entries'],
  object: ['entry', 'entries'],
}

/** `*** (list, 2 entries)`; the value itself where it was asked for. */
export function concealed(value: Concealed | null): string | null {
  if (value === null) return null
  if (value.shown !== null) return value.shown
  const unit = units[value.kind]
  const kind = value.kind === 'repr' ? '' : value.kind
  const length =
    unit === undefined || value.length === null
      ? ''
      : `${count(value.length)} ${unit[value.length === 1 ? 0 : 1]}`
  return `*** (${[kind, length].filter(part => part !== '').join(', ')})`
}

/** In columns; where those have no room, each event under its time. */
function timeline(entries: readonly TimelineEntry[], palette: Palette, columns: number): string[] {
  const events = entries.map(({event}) => clean(event))
  const most = Math.max(...events.map(width))
  return [
    palette.faint('Timeline'),
    ...entries.flatMap(({at, source}, place) => {
      const time = padEnd(at === null ? 'now' : clean(moment(at)), 23)
      const event = events[place] ?? ''
      const line = `  ${time}  ${padEnd(event, most)}  ${clean(source)}`
      return width(line) <= columns
        ? [line]
        : [
            ...hangingLines('  ', time.trimEnd(), columns),
            ...hangingLines('    ', `${event}: ${clean(source)}`, columns),
          ]
    }),
  ]
}

/** Text behind a lead, on lines of at most `columns`: what does not fit goes on under its beginning. */
function hangingLines(lead: string, text: string, columns: number): string[] {
  const indent = ' '.repeat(width(lead))
  return wrap(text, columns - width(lead)).map((line, place) => (place === 0 ? lead : indent) + line)
}

function sinceThen(iso: string, takenAt: string): string {
  return duration(Math.max(0, (Date.parse(takenAt) - Date.parse(iso)) / 1000))
}

/** `2026-11-23 10:31:05 UTC, 3 min ago`. */
function when(iso: string, takenAt: string): string {
  const left = (Date.parse(iso) - Date.parse(takenAt)) / 1000
  if (Number.isNaN(left)) return iso
  return `${moment(iso)}, ${left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`}`
}

const longestLine = 200

function cutLine(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`
}
