import {confirmBy, cureBy} from '../report/finding.ts'
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
    const planned = new Map((compose.config?.services ?? []).map(one => [one.name, one.configHash]))
    const known = docker.containers.flatMap(({service, configHash}) => {
      const wanted = planned.get(service) ?? null
      return wanted === null || configHash === null ? [] : [{service, same: wanted === configHash}]
    })
    if (known.length === 0) return skip('the hashes could not be had')
    const changed = [...new Set(known.filter(({same}) => !same).map(({service}) => service))]
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
