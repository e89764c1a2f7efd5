import {confirmBy, cureBy} from '../report/finding.ts'
import {changedSince} from '../snapshot/changed-since.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {hubMon} from './names.ts'

export const stackUnchanged = defineCheck({
  id: 'stack.unchanged',
  category: 'stack',
  title: 'The containers are as the compose file says',
  why: 'An edit of the compose file is not in force before `up`; a restart goes on with the old settings.',
  looksAt: "The hash of each service's configuration against the one its container was made with.",
  confirm: ["docker compose -f docker-compose.monitoring.yml config --hash '*'"],
  cure: ['hub-mon up'],
  severity: 'notice',
  phase: 'running',
  needs: ['docker', 'compose'],
  appliesTo: onCompose,
  judge(snapshot, {docker, compose}) {
    if (docker.containers.length === 0) return skip('there is no stack')
    if (snapshot.target.startedFromOther !== null) return skip('it was started from another file')
    const changed = changedSince(docker.containers, compose)
    if (changed === null) return skip('there are no hashes that can be compared')
    if (changed.length === 0) return pass('nothing has changed since they were made')
    const file = compose.config?.file ?? 'docker-compose.yml'
    return fail(`${changed.join(', ')} changed in the compose file since; a restart would not apply it`, {
      affects: changed,
      evidence: changed.map(service => ({label: service, value: 'another configuration hash'})),
      remedies: [
        cureBy('apply the changes', ...hubMon(snapshot, 'up')),
        confirmBy('the hashes', ...compose.binary.command, '-f', file, 'config', '--hash', '*'),
      ],
    })
  },
})
