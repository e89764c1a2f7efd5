import {Args} from '@oclif/core'
import {HubCommand} from '../cli/hub-command.ts'

export default class Explain extends HubCommand<typeof Explain> {
  static override summary = 'x'
  static override args = {
    check: Args.string({required: true, ignoreStdin: true, description: 'id of a check'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    this.finish({schema: 'hub-mon/explain@1', data: {}, text: `${this.args.check} ${context.tool}\n`})
  }
}
