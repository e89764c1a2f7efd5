import {Args, Flags} from '@oclif/core'
import {confirm} from '../../broker/confirm.ts'
import {HubCommand} from '../../cli/hub-command.ts'
import {cleanLines, restoredText} from '../../render/queues/moved.ts'

export default class QueuesRestore extends HubCommand<typeof QueuesRestore> {
  static override summary =
    'put messages back that a purge took: from its file, or those that still lie aside'
  static override description =
    'Puts messages back on their queue and priority, in their order, to be taken next, each exactly once, also when it is broken off and run again. A file that was put back is called FILE.restored from then on. Without a file: what a purge or a restore that was broken off has left aside in Redis.\n\nExit codes: 0 done, also when there was nothing to put back; 64 not confirmed, restored already, or from another broker; 69 the file is damaged, or something failed.'
  static override examples = [
    '<%= config.bin %> queues restore hub-mon-emails-20261123T091500Z.jsonl',
    {description: 'after a purge that was broken off', command: '<%= config.bin %> queues restore'},
  ]
  static override args = {
    file: Args.string({
      ignoreStdin: true,
      description: 'the file of a purge, or the id of messages that lie aside; all of these when absent',
    }),
  }
  static override flags = {
    force: Flags.boolean({
      summary: 'also from another broker, database or prefix, or what was put back before',
    }),
    yes: Flags.boolean({char: 'y', summary: 'do not ask'}),
    'dry-run': Flags.boolean({summary: 'say what would be done, and do nothing'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {file} = this.args
    const {force, yes, 'dry-run': dryRun} = this.flags
    const {findBroker} = await import('../../cli/broker.ts')
    const {isAsideId, planFromFile, planFromRedis, restore} = await import('../../broker/restore.ts')
    const broker = await findBroker(context, warning => this.warning(warning))
    const {celery} = await broker.see()
    const {project} = broker.hub.target
    const plan =
      file === undefined || isAsideId(file)
        ? planFromRedis(celery, file)
        : await planFromFile(
            file,
            celery,
            {
              project,
              address: await broker.speak(async ({address}) => address),
              database: celery.database,
              keyPrefix: celery.names.keyPrefix,
            },
            {force},
          )
    if (dryRun || plan.ids.length === 0) {
      const steps = plan.happens
      const text = steps.length === 0 ? 'Nothing lies aside.\n' : `${steps.join('\n')}\n`
      if (dryRun) this.finish({schema: 'hub-mon/plan@1', data: {project, steps}, text: cleanLines(text)})
      else
        this.finish({
          schema: 'hub-mon/restore@1',
          data: {queues: [], files: [], elsewhere: [], journal: null},
          text,
        })
      return
    }
    const again = (withFile: boolean) =>
      broker.command(
        ...['queues', 'restore', ...(file === undefined || !withFile ? [] : [file])],
        ...[...(force ? ['--force'] : []), '--yes'],
      )
    if (yes) for (const sentence of plan.happens) broker.tell(sentence)
    await confirm(
      {happens: plan.happens, subject: 'putting messages back', command: again(true)},
      {yes, ask: broker.ask},
    )
    const {result, journal} = await broker.act(
      {command: 'queues restore', did: `restore of ${plan.file?.path ?? plan.ids.join(', ')}`},
      async (reach, note) => {
        const restored = await restore(
          plan,
          reach,
          {keyPrefix: celery.names.keyPrefix, again, tell: broker.tell},
          context.signal,
        )
        const messages = restored.queues.reduce((sum, one) => sum + one.messages, 0)
        note({
          counts: {messages},
          did: `put messages back into ${restored.queues.map(({queue}) => queue).join(', ') || 'no queue'}`,
        })
        return restored
      },
    )
    this.finish({
      schema: 'hub-mon/restore@1',
      data: {...result, journal},
      text: context.quiet ? '' : restoredText(result),
    })
  }
}
