import {confirmBy, cureBy} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {hubMon} from './names.ts'

export const stackLeftOut = defineCheck({
  id: 'stack.left-out',
  category: 'stack',
  title: 'Nothing was left out of the stack',
  why: 'Where images could not be had, stand-ins were built, and a service that they cannot run is missing.',
  looksAt: 'Labels of the images: what they were built from and which services they cannot run.',
  confirm: ['docker compose -p hub images'],
  cure: ['hub-mon up --pull   # once an image registry can be reached'],
  severity: 'notice',
  phase: 'running',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    if (docker.containers.length === 0) return skip('there is no stack')
    const runs = (name: string) =>
      docker.containers.some(
        ({service, role, without}) => (service === name || role === name) && !without.includes(name),
      )
    const cannot = new Set(docker.containers.flatMap(container => container.without))
    const without = [...cannot].filter(name => !runs(name))
    const standIns = docker.containers.filter(({builtFrom}) => builtFrom !== null)
    if (without.length === 0 && standIns.length === 0) return pass('all services, from their own images')
    const missing = without.length === 0 ? [] : [`${without.join(', ')} left out: the image cannot run it`]
    const origins = [...new Set(standIns.map(({builtFrom}) => builtFrom))]
    const images = origins.map(origin => `stand-in images built from ${origin}`)
    const {project} = snapshot.target
    return fail([...missing, ...images].join('; '), {
      affects: without,
      evidence: standIns.map(({service, builtFrom}) => ({label: `image of ${service}`, value: builtFrom})),
      remedies: [
        cureBy('once an image registry can be reached', ...hubMon(snapshot, 'up', '--pull')),
        ...(project === null
          ? []
          : [
              confirmBy(
                'the images in use',
                ...['docker', 'ps', '--filter', `label=com.docker.compose.project=${project}`],
              ),
            ]),
      ],
    })
  },
})
