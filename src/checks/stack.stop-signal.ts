import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {containersOf, hubMon} from './names.ts'

export const stackStopSignal = defineCheck({
  id: 'stack.stop-signal',
  category: 'stack',
  title: 'A stop lets workers finish their tasks',
  why: 'A shell that waits for Celery keeps SIGTERM from it: each stop, restart and deployment kills the tasks that run.',
  looksAt:
    'Which process of a worker gets the signal, where its command is not Celery itself: a shell must exec.',
  confirm: ['docker top hub-celery-worker -eo pid,ppid,caught,args'],
  cure: [
    '# in the compose file, sh -c "exec celery …" or Celery as a list without a shell, then: hub-mon up',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(snapshot) {
    const told = containersOf(snapshot, 'worker').filter(({swallowsStop}) => swallowsStop !== undefined)
    if (told.length === 0) return skip('which process of a worker gets the signal is not known')
    const deaf = told.filter(({swallowsStop}) => swallowsStop !== null)
    if (deaf.length === 0) return pass('SIGTERM reaches Celery')
    const services = [...new Set(deaf.map(({service}) => service))]
    return fail(
      deaf.map(({name, swallowsStop}) => `in ${name}, ${swallowsStop} keeps SIGTERM from Celery`).join('; '),
      {
        affects: services,
        evidence: deaf.map(({name, swallowsStop}) => ({
          ...{label: `process in front of Celery in ${name}`, value: swallowsStop ?? ''},
        })),
        remedies: [
          decide(
            `start Celery with exec (sh -c "exec celery …"), or as a list without a shell, in the command of ${services.join(', ')}; init: true does not help`,
          ),
          cureBy('apply it; tasks that run are killed once more', ...hubMon(snapshot, 'up')),
          ...deaf.map(({name}) =>
            confirmBy('its processes', 'docker', 'top', name, '-eo', 'pid,ppid,caught,args'),
          ),
        ],
      },
    )
  },
})
