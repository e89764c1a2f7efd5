import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {restartAgain, startAgain} from './fixable.ts'
import {affectedBy, containerOf, isLeftOut, lastWords} from './names.ts'
import {mayStillStart} from './starting.ts'

export const flowerReachable = defineCheck({
  id: 'flower.reachable',
  category: 'flower',
  title: 'Flower answers',
  why: 'Flower shows the hub and counts its tasks; without it tasks still run, so this is a warning and no more.',
  looksAt: 'A request to /healthcheck; it only says that the process is up.',
  confirm: ['curl -i http://127.0.0.1:5555/healthcheck', 'docker logs --tail 20 hub-flower'],
  cure: ['hub-mon up', 'hub-mon restart flower'],
  severity: 'warning',
  phase: 'running',
  needs: [],
  roots: 'flower',
  reads: ['docker'],
  follows: [
    {check: 'stack.running', of: 'flower'},
    {check: 'stack.restart-loop', of: 'flower'},
    {check: 'stack.oom-killed', of: 'flower'},
    'stack.present',
  ],
  judge(snapshot) {
    const reading = snapshot.sources.flower
    if (reading === undefined || reading.status !== 'unavailable')
      return pass(`answered at ${reading?.value.url ?? 'an unknown address'}`)
    const {code, message} = reading.error
    if (code === 'left-out' || isLeftOut(snapshot, 'flower'))
      return skip('left out of this stack (stack.left-out)')
    if (code === 'not-part-of-the-hub') return skip(message)
    const container = containerOf(snapshot, 'flower')
    return fail(message, {
      affects: affectedBy(snapshot, 'flower'),
      evidence: [{label: 'error', value: code}],
      remedies:
        container?.state === 'running'
          ? [
              restartAgain(
                snapshot,
                container.service,
                'start it again',
                mayStillStart(snapshot, container.service),
              ),
              ...lastWords(container),
              confirmBy('where it is published', 'docker', 'port', container.name),
            ]
          : snapshot.target.kind === 'compose'
            ? [startAgain(snapshot, 'start it'), ...lastWords(container)]
            : [decide('start Flower where it runs, or correct --flower-url')],
    })
  },
})
