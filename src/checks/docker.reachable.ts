import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import type {ReadingError} from '../snapshot/reading.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'

export const dockerReachable = defineCheck({
  id: 'docker.reachable',
  category: 'docker',
  title: 'The Docker engine answers',
  why: 'Containers, their logs, health and addresses can only be seen through the engine.',
  looksAt: 'A request for the version, at DOCKER_HOST or the local socket.',
  confirm: ['docker version', 'docker context ls'],
  cure: ['sudo systemctl start docker', 'unset DOCKER_HOST'],
  severity: 'critical',
  phase: 'always',
  needs: [],
  roots: 'docker',
  appliesTo: onCompose,
  judge({sources}) {
    const reading = sources.docker
    if (reading?.status !== 'unavailable')
      return pass(`version ${reading?.value.engine.version ?? 'unknown'}`)
    if (reading.error.code === 'permission') return skip('cannot be told without permission on the socket')
    return fail(reading.error.message, {
      evidence: [{label: 'error', value: reading.error.code}],
      remedies: [...cures(reading.error), confirmBy('what the Docker client says', 'docker', 'version')],
    })
  },
})

function cures({code}: ReadingError): Remedy[] {
  if (code === 'wrong-host' || code === 'not-docker')
    return [decide('correct DOCKER_HOST, or unset it to use the local engine')]
  if (code === 'timeout')
    return [
      decide('see what keeps it busy (load, a full disk, its log), or give it longer: --timeout 30s'),
      cureBy('start the engine again, which ends what runs', 'sudo', 'systemctl', 'restart', 'docker'),
    ]
  if (code === 'not-running') return [cureBy('start the engine', 'sudo', 'systemctl', 'start', 'docker')]
  return [cureBy('start the engine again', 'sudo', 'systemctl', 'restart', 'docker')]
}
