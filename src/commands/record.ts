import {writeFile} from 'node:fs/promises'
import {Flags} from '@oclif/core'
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
    {
      description: 'as a service, with something to see that it records',
      command: '<%= config.bin %> record --wait 1h --alive-file /run/hub-mon/recording',
    },
  ]
  static override flags = {
    for: duration({summary: 'end by itself after this long'}),
    wait: duration({summary: 'wait this long for a broker that cannot be reached yet'}),
    'alive-file': Flags.string({
      helpValue: '<path>',
      summary: 'touch this file whenever something was written, for a health check',
    }),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const [{findHub}, {keepRecording}] = await Promise.all([
      import('../cli/hub.ts'),
      import('../cli/recorder.ts'),
    ])
    const hub = await findHub(context, true)
    const tell = (sentence: string) => {
      if (!context.quiet)
        process.stderr.write(`${new Date().toISOString()} ${clean(this.secrets.mask(sentence))}\n`)
    }
    const {for: seconds, wait = 0, 'alive-file': aliveFile} = this.flags
    const onAlive = () => {
      // A full disk is no reason to stop recording: the health check says it.
      if (aliveFile !== undefined) writeFile(aliveFile, `${new Date().toISOString()}\n`).catch(() => {})
    }
    const ended = seconds === undefined ? [] : [timeLimit(seconds)]
    const signal = AbortSignal.any([context.signal, ...ended])
    await keepRecording(context, hub, {waitSeconds: wait, tell, onAlive}, signal)
    // Being told to end is how it ends.
    process.exitCode = 0
  }
}
