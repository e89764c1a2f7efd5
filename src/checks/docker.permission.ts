import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {hubMon} from './names.ts'

export const dockerPermission = defineCheck({
  id: 'docker.permission',
  category: 'docker',
  title: 'You may use the Docker engine',
  why: 'The engine lets in root and the members of its group alone; without it nothing of the stack can be seen.',
  looksAt: 'Whether the socket lets this user connect.',
  confirm: ['ls -l /var/run/docker.sock', 'id -nG'],
  cure: ['sudo usermod -aG docker "$USER"   # then log in again'],
  severity: 'critical',
  phase: 'always',
  needs: [],
  roots: 'docker',
  appliesTo: onCompose,
  judge(snapshot) {
    const reading = snapshot.sources.docker
    if (reading?.status !== 'unavailable') return pass('the socket lets this user in')
    if (reading.error.code !== 'permission') return skip('the engine did not answer at all')
    return fail(reading.error.message, {
      evidence: [{label: 'error', value: reading.error.code}],
      remedies: [
        decide('become a member of the group docker (sudo usermod -aG docker "$USER") and log in again'),
        cureBy('or ask as root, this once', 'sudo', ...hubMon(snapshot, 'doctor')),
        confirmBy('the groups that you are in', 'id', '-nG'),
      ],
    })
  },
})
