import {pack} from '../bundle/archive.ts'
import {assemble} from '../bundle/assemble.ts'
import type {IndexEntry} from '../bundle/entry.ts'
import {readme} from '../bundle/words.ts'
import {checks} from '../checks/registry.ts'
import {select} from '../checks/select.ts'
import {metrics} from '../metrics/registry.ts'
import type {Report} from '../report/report.ts'
import type {SourceId} from '../snapshot/reading.ts'
import {partsOf} from './bundle-parts.ts'
import type {Context} from './context.ts'
import {report} from './examine.ts'
import {type Hub, sourceSeconds} from './hub.ts'
import {openReaders} from './readers.ts'

export type Bundle = {bytes: Uint8Array; found: Report; files: IndexEntry[]}

/** Looks at the hub, reads what a look leaves out, and packs it. A hub of which nothing can be read gives a bundle that says so. */
export async function makeBundle(
  context: Context,
  hub: Hub,
  {folder, passive}: {folder: string; passive: boolean},
): Promise<Bundle> {
  const {secrets, signal, settings, tool} = context
  const selection = select({only: [], skip: [], phase: 'running'})
  // A window of history is asked for; without one the counters are those that stats shows.
  const measured = metrics.flatMap(({reads}) => reads).filter(source => source !== 'history')
  const sources = new Set<SourceId>([...selection.sources, ...measured])
  const snapshot = await hub.look(sources, {passive, celery: {...selection.celery, versions: true}})
  const found = report(
    snapshot,
    checks.filter(check => selection.checks.includes(check)),
  )
  const none = {wanted: new Set<SourceId>(), question: {passive: true}, finished: [], beforeStart: false}
  const {reach, close} = openReaders(context, hub, none)
  const seconds = sourceSeconds(settings.timeoutSeconds.value)
  try {
    const parts = partsOf(context, hub, {snapshot, found, measured: report(snapshot, [])}, reach)
    const assembled = await assemble(parts, {secrets, seconds, signal})
    const files = assembled.map(({entry}) => entry)
    const {takenAt, target} = snapshot
    const named = target.project === null ? 'a hub without a project' : `project ${target.project}`
    const index = {schema: 'hub-mon/bundle-index@1', tool, takenAt, target, verdict: found.verdict, files}
    const packed = [
      {name: 'README.txt', text: readme({tool, takenAt, hub: named}, files)},
      {name: 'index.json', text: `${JSON.stringify(secrets.maskDeep(index), null, 2)}\n`},
      ...assembled.flatMap(({entry, text}) => (text === null ? [] : [{name: entry.name, text}])),
    ]
    return {bytes: await pack(folder, packed, new Date(takenAt)), found, files}
  } finally {
    await close()
  }
}

/** `hub-mon-<project>-<UTC time>`: of the file, and of the folder in it. */
export function bundleName({target}: Pick<Hub, 'target'>, now: Date): string {
  const project = (target.project ?? 'hub').replace(/[^\w.-]/g, '_')
  return `hub-mon-${project}-${now.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')}`
}
