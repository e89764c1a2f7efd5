import {Flags} from '@oclif/core'
import {duration, windowFlags} from '../../cli/flags.ts'
import {HubCommand} from '../../cli/hub-command.ts'
import {fileSink, type Sink, streamSink} from '../../cli/sink.ts'
import {type WindowFlags, windowOf} from '../../cli/window.ts'
import {HubError} from '../../errors/hub-error.ts'
import {exportFormatNames} from '../../render/export/format-names.ts'
import {clean} from '../../render/text/clean.ts'
import {duration as inWords} from '../../render/text/duration.ts'
import {plural} from '../../render/text/number.ts'

export default class StatsExport extends HubCommand<typeof StatsExport> {
  static override summary =
    'write the history of a window, bucket by bucket, for a spreadsheet or another program'
  static override description =
    'A row for each bucket of time and each task type and queue in it: counts, runtimes, waits, depths. Each row says how much of its bucket was seen, so that a gap is data; a bucket that nobody saw has a row, too. Only whole buckets are written: what is not over yet is left out. The columns are described in docs/export.md.\n\nExit codes: 0 written; 64 no such bucket, or the file is there already; 69 there is no history, or it cannot be read or written.'
  static override examples = [
    '<%= config.bin %> stats export --since 24h --output day.csv',
    {
      description: 'failures by task type',
      command:
        "<%= config.bin %> stats export --format jsonl --since 7d | jq 'select(.failed > 0) | {from, task, failed}'",
    },
    {
      description: 'into a Prometheus',
      command:
        '<%= config.bin %> stats export --format openmetrics --since 7d --output week.om; promtool tsdb create-blocks-from openmetrics week.om DATA',
    },
  ]
  static override flags = {
    format: Flags.option({
      options: exportFormatNames,
      default: 'csv' as const,
      summary: 'csv, jsonl or openmetrics',
    })(),
    ...windowFlags,
    step: duration({
      summary:
        'length of the buckets, one that is kept: 10s, 1m or 1h; the finest that the window has when not given',
    }),
    output: Flags.string({helpValue: '<path>', summary: 'into a new file; never over one that is there'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {format, step, output} = this.flags
    if (output === undefined && context.json)
      throw new HubError(
        'usage',
        'two-results',
        '--json would tell of the export where the export itself is',
        {
          suggestions: ['--format jsonl   # rows as JSON', '--json --output day.csv   # what was written'],
        },
      )
    const now = Date.now()
    const {buckets} = context.settings.history.value
    const kept = Math.max(...buckets.map(({keepSeconds}) => keepSeconds))
    const window = windowOf(this.flags as WindowFlags, now, kept) ?? {
      from: now / 1000 - context.settings.history.value.windowSeconds,
      to: now / 1000,
    }
    const [{exportHistory}, {exportFormats}] = await Promise.all([
      import('../../cli/export-history.ts'),
      import('../../render/export/registry.ts'),
    ])
    const asked = {window, step, format: exportFormats[format], now: now / 1000}
    const exported = await exportHistory(context, asked, async () =>
      output === undefined
        ? shownAs(context.terminal, streamSink(process.stdout, context.signal))
        : await fileSink(output),
    )
    const {missingSeconds, missedEvents, rows} = exported
    if (missingSeconds >= 1 || missedEvents > 0)
      this.warning(
        `incomplete: ${[
          ...(missingSeconds >= 1
            ? [`${inWords(missingSeconds)} of ${inWords(exported.buckets * exported.stepSeconds)} not seen`]
            : []),
          ...(missedEvents > 0 ? [`at least ${plural(missedEvents, 'event')} lost`] : []),
        ].join(', ')}; covered_seconds and missed_events say where`,
      )
    if (output === undefined) return
    this.finish({
      schema: 'hub-mon/stats-export@1',
      data: {...exported, format, file: output},
      text: context.quiet
        ? ''
        : `${plural(exported.buckets, 'bucket')} of ${inWords(exported.stepSeconds)} with ${plural(rows, 'row')} of tasks and queues written to ${clean(output)}\n`,
    })
  }
}

/** Names come from the hub: to a terminal they are shown as what they are, and not obeyed. */
function shownAs({stdoutIsTerminal}: {stdoutIsTerminal: boolean}, sink: Sink): Sink {
  if (!stdoutIsTerminal) return sink
  return {...sink, write: piece => sink.write(piece.split(/\r?\n/).map(clean).join('\n'))}
}
