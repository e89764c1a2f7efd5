import {Flags} from '@oclif/core'
import {celeryFactsOf} from '../cli/celery-facts.ts'
import type {Context} from '../cli/context.ts'
import {intervalFlag, watchFlag} from '../cli/flags.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {viewOf} from '../cli/view.ts'
import {queuesJson} from '../render/queues/json.ts'
import {renderQueues} from '../render/queues/table.ts'
import {queueRows} from '../report/queues.ts'
import type {SourceId} from '../snapshot/reading.ts'

const usualIntervalSeconds = 1

export default class Queues extends HubCommand<typeof Queues> {
  static override summary = 'show the queues: what waits, how fast it comes and goes, who consumes'
  static override description =
    'Looks twice, a second apart, for what comes in, what is taken and when a queue will be empty. Waiting messages are looked at from both ends, at most 100 a queue, by their headers alone: however long a queue is, it costs the same. "-" is what is not known or does not apply.\n\nExit code 0, also when something is wrong with a queue: doctor judges. 69 when the broker could not be read.'
  static override examples = [
    '<%= config.bin %> queues',
    '<%= config.bin %> queues --watch 2s',
    {description: 'slow traffic', command: '<%= config.bin %> queues --interval 30s'},
    {
      description: 'in a script',
      command: "<%= config.bin %> queues --json | jq '.data.queues[] | {name, ready}'",
    },
  ]
  static override flags = {
    ...watchFlag,
    interval: intervalFlag,
    all: Flags.boolean({summary: 'list every queue, also those that are empty and well'}),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
  }

  async run(): Promise<void> {
    const {all, interval = usualIntervalSeconds, passive, watch} = this.flags
    const context = withTime(await this.context(), interval)
    const {findHub} = await import('../cli/hub.ts')
    const hub = await findHub(context)
    await this.show(context, watch, async () => {
      const snapshot = await hub.look(new Set<SourceId>(['celery']), {
        passive,
        celery: {messages: true, versions: false, secondLook: interval},
      })
      const celery = celeryFactsOf(snapshot, warning => this.warning(warning))
      const rows = queueRows(celery)
      return {
        schema: 'hub-mon/queues@1',
        data: queuesJson(rows, celery, snapshot),
        text: await renderQueues(rows, celery, snapshot, viewOf(context), {all}),
      }
    })
  }
}

/** Waiting between the two looks is no reading, and does not count as such. Of the time for all, a source gets two thirds. */
function withTime(context: Context, seconds: number): Context {
  const {timeoutSeconds} = context.settings
  const value = timeoutSeconds.value + seconds * 1.5
  return {...context, settings: {...context.settings, timeoutSeconds: {...timeoutSeconds, value}}}
}
