import {duration} from '../cli/flags.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {clean} from '../render/text/clean.ts'
import {timeLimit} from '../sources/time-limit.ts'

export default class Record extends HubCommand<typeof Record> {
  static override summary = "keep the hub's history: counts and durations in buckets of time"
  static override description =
    "Listens to Celery's events on the broker and writes what targets need, and no more, into the broker's Redis or the one of the configuration (history.store). Every key expires. Where two record, one writes and the other takes over.\n\nRuns until Ctrl-C or SIGTERM and writes what it has. Exit codes: 0 it ended as it was told to, 69 the broker cannot be reached."
  static override examples = [
    '<%= config.bin %> record',
    {description: 'for an hour', command: '<%= config.bin %> record --for 1h'},
  ]
  static override flags = {
    for: duration({summary: 'end by itself after this long'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const [{findHub}, {recorderOptions}, {record}] = await Promise.all([
      import('../cli/hub.ts'),
      import('../cli/recorder.ts'),
      import('../history/recorder.ts'),
    ])
    const hub = await findHub(context, true)
    const tell = (sentence: string) => {
      if (!context.quiet)
        process.stderr.write(`${new Date().toISOString()} ${clean(this.secrets.mask(sentence))}\n`)
    }
    const options = await recorderOptions(context, hub, tell)
    const seconds = this.flags.for
    const ended = seconds === undefined ? [] : [timeLimit(seconds)]
    await record(options, AbortSignal.any([context.signal, ...ended]))
    // Being told to end is how it ends.
    process.exitCode = 0
  }
}
