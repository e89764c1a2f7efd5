import {Args, Flags} from '@oclif/core'
import {confirm} from '../../broker/confirm.ts'
import {HubCommand} from '../../cli/hub-command.ts'
import {cleanLines, purgedText} from '../../render/queues/moved.ts'

export default class QueuesPurge extends HubCommand<typeof QueuesPurge> {
  static override summary = 'take all waiting messages out of a queue and keep them in a file'
  static override description =
    'Takes the messages of all priorities at one moment, copies them byte for byte into a file that your user alone can read, reads the file back, and only then removes them from Redis. Broken off anywhere, nothing is lost: queues restore puts back what lies aside. Messages that a node has taken and not acknowledged are not touched.\n\nExit codes: 0 done, also when nothing waited; 64 no such queue, or not confirmed; 69 something failed.'
  static override examples = [
    '<%= config.bin %> queues purge emails',
    {description: 'in a script', command: '<%= config.bin %> queues purge emails --yes --keep emails.jsonl'},
  ]
  static override args = {
    queue: Args.string({required: true, ignoreStdin: true, description: 'the queue, by its whole name'}),
  }
  static override flags = {
    keep: Flags.string({
      helpValue: '<path>',
      summary:
        'the file to keep the messages in; when not given, one in this folder, named for queue and time',
    }),
    yes: Flags.boolean({char: 'y', summary: 'do not ask'}),
    'dry-run': Flags.boolean({summary: 'say what would be done, and do nothing'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {queue} = this.args
    const {keep, yes, 'dry-run': dryRun} = this.flags
    const {findBroker} = await import('../../cli/broker.ts')
    const {planPurge, purge} = await import('../../broker/purge.ts')
    const broker = await findBroker(context, warning => this.warning(warning))
    const {celery} = await broker.see({celery: {messages: true}})
    const plan = planPurge(queue, celery, {keep, directory: process.cwd(), now: new Date()})
    const {project} = broker.hub.target
    if (dryRun) {
      const steps = plan.queue.ready === 0 ? [] : plan.happens
      const text =
        steps.length === 0 ? 'Nothing would be done: the queue is empty.\n' : `${steps.join('\n')}\n`
      this.finish({schema: 'hub-mon/plan@1', data: {project, steps}, text: cleanLines(text)})
      return
    }
    const command = broker.command('queues', 'purge', queue, '--yes')
    if (plan.queue.ready > 0) {
      if (yes) for (const sentence of plan.happens) broker.tell(sentence)
      await confirm({happens: plan.happens, subject: 'purging a queue', command}, {yes, ask: broker.ask})
    }
    const {result, journal} = await broker.act(
      {command: 'queues purge', did: `purge of queue ${queue} into ${plan.aside.file.path}`},
      async (reach, note) => {
        const restore = broker.command('queues', 'restore')
        const purged = await purge(
          plan,
          reach,
          {tool: context.tool, project, restore, tell: broker.tell},
          context.signal,
        )
        note({
          counts: {messages: purged.messages},
          did:
            purged.file === null
              ? `queue ${queue} was empty`
              : `purged queue ${queue}; its messages are in ${purged.file}`,
        })
        return purged
      },
    )
    const restore = result.file === null ? null : broker.command('queues', 'restore', result.file)
    this.finish({
      schema: 'hub-mon/purge@1',
      data: {queue, ...result, id: result.file === null ? null : plan.aside.id, restore, journal},
      text: context.quiet ? '' : purgedText(queue, result, restore),
    })
  }
}
