import {confirmBy, cureBy, type Remedy} from '../report/finding.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, onCompose, pass} from './check.ts'
import {decisionsOn, inTheWay} from './in-the-way.ts'
import {hubMon} from './names.ts'

export const stackPresent = defineCheck({
  id: 'stack.present',
  category: 'stack',
  title: 'The stack is there',
  why: 'Without containers there is no hub: nothing takes, keeps or runs tasks.',
  looksAt: "Containers that carry the Compose project's label, and the file that they were started from.",
  confirm: ['docker compose -p hub ps --all'],
  cure: ['hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  reads: ['host'],
  follows: ['compose.file-valid'],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    const {project, startedFromOther, composeFile} = snapshot.target
    const name = project ?? 'this project'
    if (docker.containers.length === 0) {
      const others = docker.otherProjects
      const runs = others.length === 0 ? '' : `; ${others.join(', ')} ${others.length === 1 ? 'runs' : 'run'}`
      // An image that is not here is fetched; who has a name that is wanted may well be this hub, under another project.
      const obstacles = (factsFrom(snapshot.sources.host)?.obstacles ?? [])
        .filter(obstacle => 'volume' in obstacle)
        .map(obstacle => ({service: obstacle.service, ...inTheWay(obstacle)}))
      const why = obstacles.map(({service, what}) => `; ${service}: ${what}`).join('')
      return fail(`no container of ${name} exists${why}${runs}`, {
        evidence: [{label: 'containers', value: 0}],
        remedies: [
          ...decisionsOn(obstacles),
          cureBy('start the hub', ...hubMon(snapshot, 'up')),
          ...others.map(look),
        ],
      })
    }
    if (startedFromOther !== null)
      return fail(`${name} was started from ${startedFromOther}, not from ${composeFile ?? 'this file'}`, {
        severity: 'warning',
        evidence: [{label: 'started from', value: startedFromOther}],
        remedies: [lookFrom(snapshot, startedFromOther)],
      })
    return pass(`${docker.containers.length} containers of ${name}`)
  },
})

function look(project: string): Remedy {
  return confirmBy(`look at ${project} instead`, 'hub-mon', 'doctor', '--project-name', project)
}

function lookFrom({target}: Snapshot, file: string): Remedy {
  const name = target.project === null ? [] : ['--project-name', target.project]
  return cureBy('use the file that it runs from', 'hub-mon', 'doctor', '--file', file, ...name)
}
