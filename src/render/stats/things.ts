import type {Sample} from '../../metrics/metric.ts'
import type {Report} from '../../report/report.ts'
import {type Cell, type Column, cell, type Table} from '../table/table.ts'
import {clean} from '../text/clean.ts'
import {count} from '../text/number.ts'
import {type Palette, paletteFor} from '../text/palette.ts'
import {commandLine} from '../text/shell.ts'
import {symbolsFor} from '../text/symbols.ts'
import type {View} from '../view.ts'
import {boundLines} from './bounds.ts'
import {barCell, originOf, valueCell, verdictCell} from './cells.ts'
import {type Group, nameOf, type Section} from './sections.ts'

/** A column over the whole section: what it is, and what it says of each thing. */
type Drawn = Column & {cells: Cell[]}

/** A metric of the section, with its sample of each thing; `undefined` where a thing has none. */
type Figure = {metric: string; title: string; byGroup: (Sample | undefined)[]; samples: Sample[]}

/** Short enough to stand over a figure; a metric that is not here has its own title. */
const shortTitles: Record<string, string> = {
  task_success_ratio: 'success',
  task_failure_ratio: 'failure',
  task_retry_ratio: 'retries',
  task_runtime_seconds: 'average',
  task_failed_total: 'failed',
  queue_messages: 'depth',
  celery_pool_processes: 'pool processes',
  celery_tasks_running: 'running',
  celery_task_running_seconds: 'running for',
  container_cpu_ratio: 'CPU',
  container_memory_ratio: 'memory',
}

const mostShown = 20

/** A row a thing (a task type, a queue, a node, a container), a column a metric. */
export function thingsTable(
  section: Section,
  {takenAt, target}: Pick<Report, 'takenAt' | 'target'>,
  view: View,
): Table {
  const palette = paletteFor(view)
  const figures = figuresOf(section.groups)
  const silent = figures.filter(({samples}) => samples.every(isSilent))
  const told = figures.filter(figure => !silent.includes(figure))
  const measured = told.flatMap(({samples}) => samples).filter(({value}) => value !== null)
  const origins = originsOf(measured, takenAt)
  const common = commonNotes(told, section.groups.length)
  const drawn: Drawn[] = [
    names(section),
    counts(section, palette),
    ...told.map((figure, place) => values(figure, 100 - place, view)),
    ...(view.fit && told.length === 1 ? told.map(figure => bars(figure, view)) : []),
    {
      ...{title: 'verdict', align: 'left'},
      cells: section.groups.map(({samples}) => verdictCell(samples, view)),
    },
    ...(origins.length > 1 ? [windows(section.groups, takenAt, palette)] : []),
    notes(section, told, common, palette),
  ]
  const columns = drawn.filter(({cells}) => cells.some(({parts}) => parts.length > 0))
  const shown = view.fit ? Math.min(section.groups.length, mostShown) : section.groups.length
  return {
    title: section.title,
    origin: origins.length === 1 ? origins.join('') : '',
    about: [
      ...boundLines(told, nameOf),
      ...(common.size === 0 ? [] : [[[...common.values()].join(', ')]]),
      ...legends(told, silent, view),
    ],
    columns,
    rows: section.groups
      .slice(0, shown)
      .map((_group, place) => columns.map(({cells}) => cells[place] ?? cell())),
    rest: restOf(section, section.groups.length - shown, target.flags, view),
  }
}

/** No source could tell, which is not the same as too few to tell from. */
function isSilent({value, level, note}: Sample): boolean {
  return value === null && (level === 'not-measured' || note !== undefined)
}

/** In the order of the registry, which is that of the samples. */
function figuresOf(groups: readonly Group[]): Figure[] {
  const samples = groups.flatMap(group => group.samples)
  return distinct(samples.map(({metric}) => metric)).map(metric => {
    const byGroup = groups.map(group => group.samples.find(sample => sample.metric === metric))
    const own = byGroup.filter(sample => sample !== undefined)
    return {metric, title: shortTitles[metric] ?? clean(own[0]?.title ?? metric), byGroup, samples: own}
  })
}

function names({label, groups}: Section): Drawn {
  return {
    ...{title: label, align: 'left', least: 18, cut: 'middle'},
    cells: groups.map(({name}) => cell(clean(name))),
  }
}

/** How many tasks finished; where nobody tells what became of them, how many were received. */
function counts({label, groups}: Section, palette: Palette): Drawn {
  const basis = ({samples}: Group, wanted: string) =>
    samples.find(({metric}) => metric === wanted)?.samples ?? null
  const finished = groups.map(
    group => basis(group, 'task_success_ratio') ?? basis(group, 'task_failed_total'),
  )
  const isTold = finished.some(number => number !== null)
  const told = isTold ? finished : groups.map(group => basis(group, 'task_retry_ratio'))
  const numbers = label === 'task' ? told : []
  return {
    ...{title: isTold ? 'finished' : 'received', align: 'right', worth: 101},
    cells: numbers.map(number => (number === null ? cell() : {parts: [count(number)], paint: palette.faint})),
  }
}

function values({title, byGroup}: Figure, worth: number, view: View): Drawn {
  return {
    ...{title, align: 'right', worth},
    cells: byGroup.map(sample => (sample === undefined ? cell() : valueCell(sample, view))),
  }
}

function bars({byGroup}: Figure, view: View): Drawn {
  return {
    ...{title: '', align: 'left', worth: 1},
    cells: byGroup.map(sample => (sample === undefined ? cell() : barCell(sample, view))),
  }
}

/** A figure of the moment beside those of a window says so by its title: `running for`. */
function originsOf(samples: readonly Sample[], takenAt: string): string[] {
  const ofWindow = samples.filter(({since}) => since !== null)
  return distinct((ofWindow.length > 0 ? ofWindow : samples).map(sample => originOf(sample, takenAt)))
}

function windows(groups: readonly Group[], takenAt: string, {faint}: Palette): Drawn {
  return {
    ...{title: 'from', align: 'left', worth: 2, least: 16, cut: 'wrap'},
    cells: groups.map(({samples}) => {
      const known = samples.filter(({value}) => value !== null)
      const origins = originsOf(known, takenAt)
      return {
        ...cell(...origins.map((origin, place) => (place + 1 < origins.length ? `${origin};` : origin))),
        paint: faint,
      }
    }),
  }
}

/** The newest exception of a task type; of what a container's load is a share; why there is no figure. */
function notes(
  {label, groups}: Section,
  figures: readonly Figure[],
  common: ReadonlyMap<string, string>,
  {faint}: Palette,
): Drawn {
  const words = groups.map((_group, place) => {
    const noted = figures.flatMap(({metric, title, byGroup}) => {
      const {note, value = null} = byGroup[place] ?? {}
      if (note === undefined || common.has(metric)) return []
      const isException = metric === 'task_failed_total' && value !== null
      const about = value === null ? `${title}: ` : `${title} `
      return [{isException, text: `${isException ? '' : about}${clean(note)}`}]
    })
    return [...noted].sort((a, b) => Number(b.isException) - Number(a.isException)).map(({text}) => text)
  })
  return {
    ...{
      title: label === 'task' ? 'newest exception' : 'notes',
      align: 'left',
      worth: 0,
      least: 20,
      cut: 'end',
    },
    cells: words.map(parts => ({parts: parts.length === 0 ? [] : [parts.join(', ')], paint: faint})),
  }
}

/** What is noted of all things alike is said once: `memory of its limit`. */
function commonNotes(figures: readonly Figure[], things: number): Map<string, string> {
  const common = new Map<string, string>()
  for (const {metric, title, byGroup} of figures) {
    const own = distinct(byGroup.map(sample => sample?.note ?? ''))
    if (things > 1 && own.length === 1 && own[0] !== '') common.set(metric, `${title} ${own.join('')}`)
  }
  return common
}

function legends(told: readonly Figure[], silent: readonly Figure[], view: View): string[][] {
  const few = told
    .flatMap(({samples}) => samples)
    .filter(({level, value}) => level === 'not-enough-data' && value !== null)
  const needed = distinct(few.map(({leastSamples}) => count(leastSamples)))
  const reasons = distinct(silent.map(reasonOf))
  return [
    ...(needed.length === 0
      ? []
      : [[`${symbolsFor(view).few} rests on fewer than ${needed.join(' or ')}: not judged`]]),
    ...reasons.map(reason => {
      const titles = silent.filter(figure => reasonOf(figure) === reason).map(({title}) => title)
      return [`${titles.join(', ')} not measured:`, reason]
    }),
  ]
}

function reasonOf({samples}: Figure): string {
  return distinct(samples.map(({note}) => note ?? 'no source could tell')).join('; ')
}

function restOf({by}: Section, left: number, flags: readonly string[], view: View): string {
  if (left <= 0) return ''
  const command = ['hub-mon', 'stats', '--by', by, '--json', ...flags]
  return `${symbolsFor(view).ellipsis} and ${count(left)} more: ${clean(commandLine(command))}`
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
