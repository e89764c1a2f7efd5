import {Args, Flags} from '@oclif/core'
import {actingFlags} from '../../cli/flags.ts'
import {HubCommand} from '../../cli/hub-command.ts'

const signals = ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

export default class TasksRevoke extends HubCommand<typeof TasksRevoke> {
  static override summary = 'tell the nodes not to run tasks; with --terminate end those that run'
  static override description =
    'Says where each task is, and what revoking does not do: nodes remember it in memory alone unless they have a --statedb, so that one that starts later runs the task. --terminate ends the pool process that runs it.\n\nExit codes: 0 nodes said so, 64 not confirmed, 69 no node did, 75 a task that was to end still runs.'
  static override examples = [
    '<%= config.bin %> tasks revoke 688082f6-9dd6-48e0-ac5d-de0f23acc652',
    {
      description: 'one that runs',
      command: '<%= config.bin %> tasks revoke 688082f6-9dd6-48e0-ac5d-de0f23acc652 --terminate',
    },
  ]
  static override args = {
    id: Args.string({multiple: true, required: true, ignoreStdin: true, description: 'ids of tasks'}),
  }
  static override flags = {
    ...actingFlags,
    terminate: Flags.boolean({default: false, summary: 'end the pool process that runs it, too'}),
    signal: Flags.option({
      options: signals,
      summary: 'what the pool process gets, SIGTERM when not given',
      dependsOn: ['terminate'],
    })(),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {revokeTasks} = await import('../../cli/revoke-tasks.ts')
    const {yes, 'dry-run': dryRun, terminate, signal = 'SIGTERM'} = this.flags
    const warn = (text: string) => this.warning(text)
    this.finish(await revokeTasks(context, {ids: this.args.id, terminate, signal, yes, dryRun, warn}))
  }
}
