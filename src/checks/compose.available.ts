import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'

export const composeAvailable = defineCheck({
  id: 'compose.available',
  category: 'compose',
  title: 'Docker Compose is there',
  why: 'Starting, restarting and stopping the hub goes through Compose; looking at it does not.',
  looksAt: 'The version that `docker compose` tells, else that of `docker-compose`.',
  confirm: ['docker compose version', 'docker-compose version'],
  cure: ['sudo apt-get install docker-compose-plugin'],
  severity: 'warning',
  phase: 'always',
  needs: [],
  roots: 'compose',
  appliesTo: onCompose,
  judge({sources, beforeStart}) {
    const reading = sources.compose
    const confirm = confirmBy('which Compose there is', 'docker', 'compose', 'version')
    if (reading === undefined || reading.status === 'unavailable') {
      const late = reading?.error.code === 'timeout'
      // Compose asks the engine before it says what it makes of a file.
      if (late && sources.docker?.status === 'unavailable')
        return skip(`waits for the engine: ${sources.docker.error.message}`)
      return fail(reading?.error.message ?? 'Docker Compose was not found', {
        severity: beforeStart ? 'critical' : 'warning',
        evidence: [{label: 'error', value: reading?.error.code ?? null}],
        remedies: [
          late
            ? decide('see what keeps this machine busy, or give it longer: --timeout 30s')
            : decide("install the package docker-compose-plugin from Docker's own packages"),
          confirm,
        ],
      })
    }
    const {version, major, command} = reading.value.binary
    if (major >= 2) return pass(`${command.join(' ')} ${version}`)
    return fail(
      `${command.join(' ')} ${version} reached its end of life in July 2023; it is used all the same`,
      {
        severity: 'notice',
        evidence: [{label: 'version', value: version, bound: 'below 2'}],
        remedies: [decide('install the package docker-compose-plugin; both can stand side by side'), confirm],
      },
    )
  },
})
