import {dirname} from 'node:path'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {ComposeBinary} from '../snapshot/compose.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {hubMon} from './names.ts'

export const composeFileValid = defineCheck({
  id: 'compose.file-valid',
  category: 'compose',
  title: 'The compose file is valid',
  why: 'A file that Compose refuses can start nothing and restart nothing, and the next deployment finds out too late.',
  looksAt: 'What `docker compose config` makes of the file with its variables filled in.',
  confirm: ['docker compose -f docker-compose.monitoring.yml config --quiet'],
  cure: ['docker compose -f docker-compose.monitoring.yml config   # names the line'],
  severity: 'critical',
  phase: 'always',
  needs: ['compose'],
  reads: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {compose}) {
    const reading = snapshot.sources.compose
    const file = snapshot.target.composeFile
    const {config, binary} = compose
    if (config !== null) return pass(`${config.services.length} services in ${config.file}`)
    if (file === null) return skip('the project runs without a compose file that can be read here')
    const reason = reading?.status === 'partial' ? reading.error : null
    const missing = missingVariable(reason?.message ?? '')
    return fail(reason?.message ?? `Compose made nothing of ${file}`, {
      // What runs goes on without it; what does not run cannot be started.
      severity: snapshot.beforeStart || nothingRuns(snapshot) ? 'critical' : 'warning',
      evidence: [
        {label: 'file', value: file},
        {label: 'error', value: reason?.code ?? null},
      ],
      remedies: [
        confirmBy('what Compose says', ...binary.command, '-f', file, 'config', '--quiet'),
        decide(missing === null ? correct(file, binary) : `set ${missing}, here or in ${dirname(file)}/.env`),
        cureBy('then look again', ...hubMon(snapshot, 'doctor', '--pre')),
      ],
    })
  },
})

/** What v1 refuses may well be what only v2 knows. */
function correct(file: string, {major, command, version}: ComposeBinary): string {
  if (major >= 2) return `correct ${file}`
  return `${command.join(' ')} ${version} may be too old for it: install the package docker-compose-plugin, or correct ${file}`
}

/** Of `${NAME:?…}`, in the words of v2 and of v1. */
function missingVariable(words: string): string | null {
  const [, inNew, inOld] =
    /required variable (\w+) is missing|Missing mandatory value .*\$\{(\w+)/.exec(words) ?? []
  return inNew ?? inOld ?? null
}

function nothingRuns({sources}: Snapshot): boolean {
  return factsFrom(sources.docker)?.containers.length === 0
}
