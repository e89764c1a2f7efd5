import type {Label, Sample} from '../../metrics/metric.ts'
import type {Report} from '../../report/report.ts'
import {trouble} from './cells.ts'

export type Grouping = 'task' | 'queue' | 'worker'

/** The samples of one thing: a task type, a queue, a node. */
export type Group = {name: string; samples: Sample[]}
export type Section = {title: string; label: Label; by: Grouping; groups: Group[]}

const shapes: Omit<Section, 'groups'>[] = [
  {title: 'Per task', label: 'task', by: 'task'},
  {title: 'Per queue', label: 'queue', by: 'queue'},
  {title: 'Per node', label: 'node', by: 'worker'},
  {title: 'Per container', label: 'container', by: 'worker'},
]
const labels = shapes.map(({label}) => label)

/** The samples that a grouping asks for; all of them without one. */
export function samplesBy(samples: readonly Sample[], by: Grouping | undefined): Sample[] {
  if (by === undefined) return [...samples]
  const wanted = new Set(shapes.filter(shape => shape.by === by).map(({label}) => label))
  return samples.filter(sample => {
    const label = labelOf(sample)
    return label !== null && wanted.has(label)
  })
}

/** Those of a report that a grouping asks for. What a window tells of queues and nodes is not held against bounds: its tasks are. */
export function samplesFor({samples, history}: Report, by: Grouping | undefined): Sample[] {
  const ofWindow = history !== undefined && history !== null
  return ofWindow && by !== 'task' ? [...samples] : samplesBy(samples, by)
}

/** Those of the whole hub. */
export function totalsOf(samples: readonly Sample[]): Sample[] {
  return samples.filter(sample => labelOf(sample) === null)
}

/** Things with their figures, in reading order: what is wrong first, then by how much there is of it. */
export function sectionsOf(samples: readonly Sample[]): Section[] {
  return shapes
    .map(shape => ({...shape, groups: groupsOf(samples.filter(sample => labelOf(sample) === shape.label))}))
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
  const worst = (group: Group) => Math.max(0, ...group.samples.map(trouble))
  return [...groups.values()].sort((a, b) => worst(b) - worst(a) || sizeOf(b) - sizeOf(a))
}

/** How many tasks its figures rest on, else what is counted there; loads, which never stand still, keep their order. */
function sizeOf({samples}: Group): number {
  const basis = Math.max(0, ...samples.map(sample => sample.samples ?? 0))
  const [first] = samples
  return basis > 0 || first?.unit !== 'count' ? basis : (first.value ?? 0)
}

function labelOf({labels: own}: Sample): Label | null {
  return labels.find(label => own[label] !== undefined) ?? null
}

export function nameOf({labels: own}: Sample): string {
  return labels.flatMap(label => own[label] ?? []).join(' / ')
}
