import {Args} from '@oclif/core'
import {chooseNodes} from '../../broker/choose-nodes.ts'
import {allAnswered, pinged} from '../../broker/ping.ts'
import {watchFlag} from '../../cli/flags.ts'
import {HubCommand} from '../../cli/hub-command.ts'
import {viewOf} from '../../cli/view.ts'
import {exitCodes} from '../../errors/exit-codes.ts'
import {renderPing} from '../../render/workers/ping.ts'

const patienceSeconds = 1

export default class WorkersPing extends HubCommand<typeof WorkersPing> {
  static override summary = 'ask nodes whether they answer, and how fast'
  static override description =
    'Complete as soon as every node that is connected has answered; one that is silent is waited for a second.\n\nExit codes: 0 all that were asked answered, 64 no such node, 69 one of them did not, or there is none.'
  static override examples = [
    '<%= config.bin %> workers ping',
    '<%= config.bin %> workers ping celery@web-1 --watch 1s',
  ]
  static override args = {
    node: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'nodes to ask, by name, host or pattern; all of them when none is named',
    }),
  }
  static override flags = {...watchFlag}

  async run(): Promise<void> {
    const context = await this.context()
    const words = this.args.node ?? []
    const {findBroker} = await import('../../cli/broker.ts')
    const {tellNodes} = await import('../../sources/celery/nodes/control.ts')
    const {namesIn} = await import('../../sources/celery/names.ts')
    const broker = await findBroker(context, text => this.warning(text), false)
    await this.show(context, this.flags.watch, async () => {
      const {celery} = await broker.see({passive: true})
      const nodes = words.length === 0 ? null : chooseNodes(words, celery.known ?? [])
      const told = await broker.speak(reach =>
        tellNodes(reach, namesIn(celery), {method: 'ping'}, {nodes, patienceSeconds}, context.signal),
      )
      const result = pinged(told, celery, nodes)
      return {
        schema: 'hub-mon/workers-ping@1',
        exitCode: exitCodes[allAnswered(result) ? 'done' : 'unavailable'],
        data: result,
        text: await renderPing(result, broker.command('workers'), viewOf(context)),
      }
    })
  }
}
