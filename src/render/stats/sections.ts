import type {Label, Sample, SampleLevel} from '../../metrics/metric.ts'

export type Grouping = 'task' | 'queue' | 'worker'

/** The samples of one thing: a task type, a queue, a node. */
export type Group = {name: string; samples: Sample[]}
export type Section = {title: string; label: Label | null; groups: Group[]}

const shapes: {title: string; label: Label | null; by: Grouping | null}[] = [
  {title: 'In total', label: null, by: null},
  {title: 'Per task', label: 'task', by: 'task'},
  {title: 'Per queue', label: 'queue', by: 'queue'},
  {title: 'Per node', label: 'node', by: 'worker'},
  {title: 'Per container', label: 'container', by: 'worker'},
]
const labels = ['task', 'queue', 'node', 'container'] as const

/** The samples that a grouping asks for; all of them without one. */
export function samplesBy(samples: readonly Sample[], by: Grouping | undefined): Sample[] {
  if (by === undefined) return [...samples]
  const wanted = new Set(shapes.filter(shape => shape.by === by).map(shape => shape.label))
  return samples.filter(sample => wanted.has(labelOf(sample)))
}

/** Tables in reading order; what is wrong comes first in each, what is alike keeps its order. */
export function sectionsOf(samples: readonly Sample[]): Section[] {
  return shapes
    .map(({title, label}) => ({
      title,
      label,
      groups: groupsOf(samples.filter(sample => labelOf(sample) === label)),
    }))
    .filter(({groups}) => groups.length > 0)
}

function groupsOf(samples: readonly Sample[]): Group[] {
  const groups = new Map<string, Group>()
  for (const sample of samples) {
    const name = nameOf(sample)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, {name, samples: [sample]})
    else group.samples.push(sample)
  }
  return [...groups.values()].sort((a, b) => trouble(b) - trouble(a))
}

function labelOf({labels: own}: Sample): Label | null {
  return labels.find(label => own[label] !== undefined) ?? null
}

function nameOf({labels: own}: Sample): string {
  return labels.flatMap(label => own[label] ?? []).join(' / ')
}

const weight: Record<SampleLevel, number> = {
  critical: 4,
  warning: 3,
  notice: 1,
  ok: 0,
  'not-enough-data': 0,
  'not-measured': 0,
}

function trouble({samples}: Group): number {
  return Math.max(
    ...samples.map(({level, targetMet}) => Math.max(weight[level], targetMet === false ? 2 : 0)),
  )
}
