import {Args, Flags} from '@oclif/core'
import {findStack, readCeleryNow, usualWaitSeconds} from '../cli/acting.ts'
import {duration} from '../cli/flags.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {planRestart} from '../stack/restart.ts'
import {hubMon} from '../stack/stack.ts'

export default class Restart extends HubCommand<typeof Restart> {
  static override summary = 'restart services and wait until the hub works again'
  static override description =
    'Lets nodes take no more tasks, sends SIGTERM, so that a node finishes the tasks that run (warm shutdown), and kills what is left after --grace. Says first how many tasks are running and what becomes of them.\n\nExit codes: 0 it works again, 64 no such service, 69 something failed, 75 gave up waiting.'
  static override examples = [
    '<%= config.bin %> restart celery-worker',
    {description: 'long tasks', command: '<%= config.bin %> restart celery-worker --grace 10m'},
  ]
  static override args = {
    service: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'services to restart; all of them when none is named',
    }),
  }
  static override flags = {
    grace: duration({summary: 'what running tasks get to finish, 60s when not given'}),
    'no-wait': Flags.boolean({summary: 'do not wait until the hub works', exclusive: ['wait-for']}),
    'wait-for': duration({summary: `give up waiting after this long, ${usualWaitSeconds}s when not given`}),
    'dry-run': Flags.boolean({summary: 'say what would be done, and do nothing'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const {stack, hub, carryOut, tell} = await findStack(context)
    const plan = await planRestart(stack, {
      services: this.args.service ?? [],
      graceSeconds: flags.grace ?? null,
      waitSeconds: flags['no-wait'] ? null : (flags['wait-for'] ?? usualWaitSeconds),
      celery: () => readCeleryNow(hub),
    })
    const notices = plan.changed.map(
      service =>
        `The compose file has changed since ${service} was started; a restart does not apply that: ${hubMon(stack, 'up')}`,
    )
    if (flags['dry-run']) {
      const steps = [...plan.steps.map(({title}) => title), ...plan.tasks, ...notices]
      const text = steps.map(step => `${step}\n`).join('')
      this.finish({schema: 'hub-mon/plan@1', data: {project: stack.project, steps}, text})
      return
    }
    for (const sentence of plan.tasks) tell(sentence)
    for (const notice of notices) this.warning(notice)
    await carryOut(plan.steps)
    const {services, tasks, changed} = plan
    this.finish({
      schema: 'hub-mon/restart@1',
      data: {project: stack.project, services, tasks, changedSinceStart: changed},
      text: context.quiet ? '' : `Restarted ${services.join(', ')}.\n`,
    })
  }
}
