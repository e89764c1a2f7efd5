import type {Check} from '../checks/check.ts'

/** One thing that is told of a check. */
type Part = {title: string; lines: readonly string[]; kind?: 'commands' | 'checks'}

/** `hub-mon explain`: what the check's page says, for a terminal. */
export function checkText(check: Check): string {
  return [
    `${check.id}: ${check.title}`,
    `severity ${check.severity}; category ${check.category}`,
    ...partsOf(check).flatMap(({title, lines}) => ['', title, ...lines.map(line => `  ${line}`)]),
    '',
  ].join('\n')
}

/** `docs/checks/<id>.md`, from the same entry; `note` stands below the heading. */
export function checkMarkdown(check: Check, note: string): string {
  return [
    `# ${check.id}: ${check.title}`,
    '',
    note,
    '',
    `Severity: ${check.severity}, unless the finding says otherwise. Category: [${check.category}](README.md#${check.category}).`,
    ...partsOf(check).flatMap(part => ['', `## ${part.title}`, '', ...markdownOf(part)]),
    '',
    `\`hub-mon explain ${check.id}\` prints the same; \`hub-mon doctor --only ${check.id}\` asks it alone.`,
    '',
  ].join('\n')
}

function markdownOf({lines, kind}: Part): readonly string[] {
  if (kind === 'commands') return ['```sh', ...lines, '```']
  if (kind === 'checks') return lines.map(line => `- ${line.replace(/^\S+\w/, id => `[${id}](${id}.md)`)}`)
  return lines.length === 1 ? lines : lines.map(line => `- ${line}`)
}

function partsOf(check: Check): Part[] {
  const parts: Part[] = [
    {title: 'What it looks at', lines: [check.looksAt]},
    {title: 'Why it matters', lines: [check.why]},
    {title: 'How to confirm', lines: check.confirm, kind: 'commands'},
    {title: 'How to cure', lines: check.cure, kind: 'commands'},
    {title: 'When it is asked', lines: [phases[check.phase], ...sourcesOf(check)]},
    {title: 'What explains its failure', lines: (check.follows ?? []).map(causeOf), kind: 'checks'},
  ]
  return parts.filter(({lines}) => lines.length > 0)
}

const phases: Record<Check['phase'], string> = {
  pre: 'Before the start alone (doctor --pre).',
  running: 'Of a running hub.',
  always: 'Of a running hub, and before the start (doctor --pre).',
}

function sourcesOf({needs, reads = [], roots}: Check): string[] {
  return [
    ...(roots === undefined ? [] : [`It answers for ${roots}: it fails when ${roots} cannot be read.`]),
    ...(needs.length === 0 ? [] : [`Without ${needs.join(' and ')} it is skipped.`]),
    ...(reads.length === 0 ? [] : [`It takes ${reads.join(' and ')} into account where that can be read.`]),
  ]
}

function causeOf(cause: NonNullable<Check['follows']>[number]): string {
  if (typeof cause === 'string') return cause
  return `${cause.check}, where it is about ${cause.of === 'the-same' ? 'the same services' : `the service of ${cause.of}`}`
}
