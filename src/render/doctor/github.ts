import type {Finding, FindingStatus} from '../../report/finding.ts'
import type {Report} from '../../report/report.ts'
import {clean} from '../text/clean.ts'
import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import type {Renderer} from '../view.ts'
import {arrange, type Problem} from './arrange.ts'
import {byWayOf, detailLines} from './detail.ts'
import {verdictLine} from './summary.ts'

type Command = 'error' | 'warning' | 'notice'

const commands: Partial<Record<FindingStatus, Command>> = {
  critical: 'error',
  unknown: 'error',
  warning: 'warning',
  notice: 'notice',
}

/** GitHub shows ten annotations of a kind per step and drops the rest in silence. */
const shownPerKind = 10

/** Workflow commands: an annotation a cause, with what follows from it inside. */
export const renderGithub: Renderer = (report, view) => {
  const {problems, notices} = arrange(report.findings)
  const all = [...problems, ...notices.map(finding => ({finding, consequences: []}))]
  const lines = (['error', 'warning', 'notice'] as const).flatMap(command => {
    const mine = all.filter(({finding}) => commands[finding.status] === command)
    const fits = mine.length <= shownPerKind
    const shown = fits ? mine : mine.slice(0, shownPerKind - 1)
    const rest = mine.slice(shown.length).map(({finding}) => finding.check)
    return [
      ...shown.map(problem => annotation(command, problem, report)),
      ...(fits
        ? []
        : [
            `::${command} title=${property('hub-mon')}::${data(`and ${rest.length} more: ${rest.join(', ')}`)}`,
          ]),
    ]
  })
  const verdict = verdictLine(report, symbolsFor(view), paletteFor({color: false}))
  return `${[...lines, verdict].join('\n')}\n`
}

function annotation(command: Command, {finding, consequences}: Problem, {target, findings}: Report): string {
  const file = finding.category === 'compose' && target.composeFile !== null ? target.composeFile : null
  const properties = [
    `title=${property(`hub-mon ${finding.check}`)}`,
    ...(file === null ? [] : [`file=${property(clean(file))}`]),
  ]
  const follows = consequences.map(
    (follower: Finding) =>
      `because of it: ${follower.check}: ${clean(follower.message)}${byWayOf(follower, finding)}`,
  )
  return `::${command} ${properties.join(',')}::${data([...detailLines(finding, findings), ...follows].join('\n'))}`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
