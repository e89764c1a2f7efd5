import {Args} from '@oclif/core'
import {actingFlags} from '../../../cli/flags.ts'
import {HubCommand} from '../../../cli/hub-command.ts'

export default class WorkersPoolShrink extends HubCommand<typeof WorkersPoolShrink> {
  static override summary = 'take pool processes from a node, until its next start'
  static override description =
    'Only processes that run no task are ended, and one is always left. Says from how many to how many, asks, and looks whether it came so. A solo or threads pool cannot change.\n\nExit codes: 0 done, 64 not confirmed, no such node or not possible with its pool, 69 the node is silent or refused, 75 it agreed and nothing changed.'
  static override examples = [
    '<%= config.bin %> workers pool shrink celery@web-1',
    {
      description: 'by two, without asking',
      command: '<%= config.bin %> workers pool shrink celery@web-1 2 --yes',
    },
  ]
  static override args = {
    node: Args.string({required: true, ignoreStdin: true, description: 'by name or host'}),
    by: Args.integer({
      ignoreStdin: true,
      min: 1,
      max: 1000,
      default: 1,
      description: 'pool processes, 1 when not given',
    }),
  }
  static override flags = actingFlags

  async run(): Promise<void> {
    const context = await this.context()
    const {changePool} = await import('../../../cli/change-pool.ts')
    const {yes, 'dry-run': dryRun} = this.flags
    const {node, by} = this.args
    const warn = (text: string) => this.warning(text)
    this.finish(await changePool(context, {direction: 'shrink', node, by, yes, dryRun, warn}))
  }
}
