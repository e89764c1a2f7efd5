import type {Finding} from '../../report/finding.ts'
import {clean} from '../text/clean.ts'
import {commandLine} from '../text/shell.ts'
import {symbolsFor} from '../text/symbols.ts'
import {targetLine, unreadLines} from '../text/target.ts'
import type {Renderer, View} from '../view.ts'
import {arrange, curesFirst, type Problem} from './arrange.ts'
import {byWayOf, causeOf, evidenceItem} from './detail.ts'
import {countsOf, nextCommand, verdictStatus} from './summary.ts'

/** For tickets, chats and a CI job's summary: problems open, all the rest folded. */
export const renderMarkdown: Renderer = (report, view) => {
  const {problems, notices, passes, skipped} = arrange(report.findings)
  const next = nextCommand(report)
  const status = verdictStatus(report)
  const blocks = [
    `## ${symbolsFor(view)[status]} hub-mon doctor: ${countsOf(report)}`,
    escaped(targetLine(report, view)),
    ...(report.unread.length === 0
      ? []
      : [
          unreadLines(report.unread)
            .map(line => `- ${escaped(line)}`)
            .join('\n'),
        ]),
    ...problems.flatMap(problem => problemBlocks(problem, view)),
    ...notices.flatMap(finding => problemBlocks({finding, consequences: []}, view)),
    ...folded(`${passes.length} passed`, passes, report.findings),
    ...folded(`${skipped.length} skipped`, skipped, report.findings),
    ...(next === null ? [] : ['Next:', fenced(clean(next))]),
  ]
  return `${blocks.join('\n\n')}\n`
}

function problemBlocks({finding, consequences}: Problem, view: View): string[] {
  const remedies = curesFirst(finding.remedies)
  const commands = remedies.flatMap(({command, text}) =>
    command === undefined ? [] : [`# ${clean(text)}\n${clean(commandLine(command))}`],
  )
  const items = [
    ...finding.evidence.map(item => `- ${escaped(evidenceItem(item))}`),
    ...remedies.flatMap(({command, text}) => (command === undefined ? [`- ${escaped(clean(text))}`] : [])),
    ...consequences.map(
      follower =>
        `- because of it, ${follower.status}: ${code(follower.check)} ${escaped(clean(follower.message) + byWayOf(follower, finding))}`,
    ),
  ]
  return [
    `### ${symbolsFor(view)[finding.status]} ${finding.status}: ${code(finding.check)}`,
    escaped(clean(finding.message)),
    ...(items.length === 0 ? [] : [items.join('\n')]),
    ...(commands.length === 0 ? [] : [fenced(commands.join('\n'))]),
  ]
}

function folded(title: string, findings: readonly Finding[], all: readonly Finding[]): string[] {
  if (findings.length === 0) return []
  const rows = findings.map(finding => {
    const seen = [clean(finding.message), causeOf(finding, all)].filter(part => part !== '').join('; ')
    return `| ${code(finding.check)} | ${escaped(finding.title)} | ${escaped(seen)} |`
  })
  const table = ['| check | holds | seen |', '| --- | --- | --- |', ...rows].join('\n')
  return [`<details><summary>${title}</summary>`, table, '</details>']
}

/** Text of the hub is never markup: not a link, an image, a table's cell or HTML. */
function escaped(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replace(/[\\`*_[\]|~$]/g, character => `\\${character}`)
      .replace(/^(\d*)([-+#=.)])/, '$1\\$2')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // What would become a mention or a link by itself.
      .replaceAll('@', '&#64;')
      .replaceAll('://', '&#58;//')
      .replaceAll(/www\./gi, 'www&#46;')
  )
}

function code(text: string): string {
  return `\`${clean(text).replaceAll('`', "'")}\``
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}sh\n${text}\n${fence}`
}
