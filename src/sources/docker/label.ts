import {asked, type Engine} from './engine.ts'
import {projectLabel} from './projects.ts'

/** What the containers of a project carry as this label, running ones first; `null` where none does. Throws a `SourceError`. */
export async function readLabel(
  engine: Engine,
  {project, label}: {project: string; label: string},
  signal: AbortSignal,
): Promise<string | null> {
  const answer = engine.client.listContainers({
    all: true,
    filters: {label: [`${projectLabel}=${project}`, label]},
    abortSignal: signal,
  })
  const listed = await asked(engine, answer, signal)
  const [first] = [...listed].sort((a, b) => Number(b.State === 'running') - Number(a.State === 'running'))
  return first?.Labels[label] || null
}
