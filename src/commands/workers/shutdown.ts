import {Args, Flags} from '@oclif/core'
import {actingFlags, duration} from '../../cli/flags.ts'
import {HubCommand} from '../../cli/hub-command.ts'

const usualWaitSeconds = 60

export default class WorkersShutdown extends HubCommand<typeof WorkersShutdown> {
  static override summary = 'tell a node to finish what it runs and end'
  static override description =
    'A warm shutdown: the node takes no more tasks, finishes those that run and gives back what it holds. Says first what that is, asks, and waits until the node has left the broker; what it still runs then finishes before its process ends.\n\nA node that does not answer cannot be told: restart its container.\n\nExit codes: 0 it left, 64 not confirmed or no such node, 69 the node is silent or gone, 75 gave up waiting.'
  static override examples = [
    '<%= config.bin %> workers shutdown celery@web-1',
    {
      description: 'in a script',
      command: '<%= config.bin %> workers shutdown celery@web-1 --yes --wait-for 10m',
    },
  ]
  static override args = {
    node: Args.string({required: true, ignoreStdin: true, description: 'by name or host'}),
  }
  static override flags = {
    ...actingFlags,
    'no-wait': Flags.boolean({summary: 'do not wait until it has left', exclusive: ['wait-for']}),
    'wait-for': duration({summary: `give up waiting after this long, ${usualWaitSeconds}s when not given`}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {shutDown} = await import('../../cli/shut-down.ts')
    const {yes, 'dry-run': dryRun, 'no-wait': noWait, 'wait-for': waitFor} = this.flags
    const waitSeconds = noWait ? null : (waitFor ?? usualWaitSeconds)
    const warn = (text: string) => this.warning(text)
    this.finish(await shutDown(context, {node: this.args.node, waitSeconds, yes, dryRun, warn}))
  }
}
