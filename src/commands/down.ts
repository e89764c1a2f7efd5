import {Flags} from '@oclif/core'
import {findStack, readCeleryNow} from '../cli/acting.ts'
import {once} from '../cli/hub.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {confirmLoss, describeLoss, type Messages, planDown} from '../stack/down.ts'
import {hubMon} from '../stack/stack.ts'

export default class Down extends HubCommand<typeof Down> {
  static override summary = 'stop the hub and remove its containers; its data only with --volumes'
  static override description =
    'Touches only what carries the label of the compose project. Lets nodes take no more tasks, and says what becomes of those that run. With --volumes it names them, counts the messages that go with them and asks for the name of the project.\n\nExit codes: 0 it is gone, 64 not confirmed or the project was started from another file, 69 something failed.'
  static override examples = [
    '<%= config.bin %> down',
    {description: 'with all data, without asking', command: '<%= config.bin %> down --volumes --yes'},
  ]
  static override flags = {
    volumes: Flags.boolean({
      char: 'v',
      summary: 'remove the volumes, too: all messages and results are lost',
    }),
    yes: Flags.boolean({char: 'y', summary: 'do not ask'}),
    'dry-run': Flags.boolean({summary: 'say what would be done, and do nothing'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const {stack, hub, carryOut, tell, ask} = await findStack(context)
    const celery = once(() => readCeleryNow(hub))
    const plan = await planDown(stack, {volumes: flags.volumes, celery})
    const removed = {
      project: stack.project,
      containers: plan.containers.map(({name}) => name),
      tasks: plan.tasks,
      volumes: plan.volumes,
      keptVolumes: plan.keptVolumes,
    }
    let messages: Messages | null = null
    let loss = ''
    if (plan.volumes.length > 0) {
      const facts = await celery()
      messages =
        facts === null
          ? null
          : {
              ready: facts.queues.reduce((sum, {ready}) => sum + ready, 0),
              unacked: facts.unacked.messages,
            }
      loss = describeLoss(plan, messages)
    }
    if (flags['dry-run']) {
      const steps = [...plan.steps.map(({title}) => title), ...plan.tasks, ...(loss === '' ? [] : [loss])]
      const text = steps.length === 0 ? 'Nothing would be done.\n' : steps.map(step => `${step}\n`).join('')
      this.finish({schema: 'hub-mon/plan@1', data: {project: stack.project, steps}, text})
      return
    }
    for (const sentence of plan.tasks) tell(sentence)
    if (loss !== '') {
      if (flags.yes) tell(loss)
      await confirmLoss(stack, loss, {yes: flags.yes, ask})
    }
    await carryOut(plan.steps)
    const data = {...removed, changed: plan.steps.length > 0, lostMessages: loss === '' ? null : messages}
    const kept =
      plan.keptVolumes.length === 0
        ? ''
        : `Kept: ${plan.keptVolumes.join(', ')} (${hubMon(stack, 'down', '--volumes')} removes them).\n`
    const done =
      plan.steps.length === 0
        ? `Nothing was to do: project ${stack.project} is not there.\n`
        : `Project ${stack.project} is gone.\n`
    this.finish({schema: 'hub-mon/down@1', data, text: context.quiet ? '' : done + kept})
  }
}
