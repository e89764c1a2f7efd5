import {Flags} from '@oclif/core'
import type {Context} from '../cli/context.ts'
import {report} from '../cli/examine.ts'
import {windowFlags} from '../cli/flags.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {savedSnapshot} from '../cli/saved-snapshot.ts'
import {viewOf} from '../cli/view.ts'
import {type WindowFlags, windowOf} from '../cli/window.ts'
import {exitCodes} from '../errors/exit-codes.ts'
import {metrics} from '../metrics/registry.ts'
import {statsJson} from '../render/json.ts'
import {type Grouping, samplesFor} from '../render/stats/sections.ts'
import {renderStats} from '../render/stats/tables.ts'
import {clean} from '../render/text/clean.ts'
import {statsVerdict} from '../report/stats-verdict.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {saveSnapshot} from '../snapshot/stored.ts'

const groupings = ['task', 'queue', 'worker'] as const

export default class Stats extends HubCommand<typeof Stats> {
  static override summary = 'measure the hub against its targets'
  static override description =
    'Every figure says its source and since when it counts. null (or "not measured") is what could not be measured; it is never 0.\n\nTasks are measured from what the recorder has kept of the last 15 minutes (history.window in the configuration), with --since or --from of that window; without a recorder the counters of Flower stand in, and that is said. A window with a gap says how much of it is missing.\n\nExit code 0; with --check 1 when a target is missed or a warning bound crossed, 2 when a critical bound is crossed (a Redis that does not answer is one), 3 when the broker was not found or nothing at all could be read.'
  static override examples = [
    '<%= config.bin %> stats',
    '<%= config.bin %> stats --by queue',
    '<%= config.bin %> stats --since 24h',
    {
      description: 'in a script',
      // Short enough to stay on one line of 80: broken within its quotes it could not be pasted.
      command: "<%= config.bin %> stats --json | jq '.data.samples[] | {metric, value}'",
    },
    {description: 'in CI', command: '<%= config.bin %> stats --check'},
  ]
  static override flags = {
    by: Flags.option({options: groupings, summary: 'only the figures per task type, queue or worker'})(),
    check: Flags.boolean({
      summary: 'set the exit code: missed target or warning 1, critical 2, could not tell 3',
    }),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
    save: Flags.string({helpValue: '<path>', summary: 'keep what was seen, without secrets'}),
    saved: Flags.string({
      helpValue: '<path>',
      summary: 'measure what was kept, by --save or in a bundle; nothing is read',
      exclusive: ['save', 'since', 'from'],
    }),
    ...windowFlags,
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {by, check, passive, save, saved} = this.flags
    const snapshot = saved === undefined ? await this.#look(context, passive) : await savedSnapshot(saved)
    if (save !== undefined) await saveSnapshot(snapshot, save)
    const found = report(snapshot, [])
    const samples = samplesFor(found, by as Grouping | undefined)
    const verdict = statsVerdict(samples, found.unread)
    this.finish({
      schema: 'hub-mon/stats@1',
      verdict,
      exitCode: check ? exitCodes[verdict === 'ok' ? 'done' : verdict] : exitCodes.done,
      data: statsJson({...found, verdict, samples}),
      text: await renderStats(found, viewOf(context), by === undefined ? {} : {by: by as Grouping}),
    })
  }

  async #look(context: Context, passive: boolean): Promise<Snapshot> {
    const {buckets} = context.settings.history.value
    const kept = Math.max(...buckets.map(({keepSeconds}) => keepSeconds))
    const window = windowOf(this.flags as WindowFlags, Date.now(), kept)
    const {findHub} = await import('../cli/hub.ts')
    const hub = await findHub(context)
    const now = () => hub.look(new Set<SourceId>(['docker', ...sourcesOfNow]), {passive})
    if (window === undefined) return await now()
    const recorded = await hub.look(new Set<SourceId>(['docker', 'history']), {passive, window})
    const {history} = recorded.sources
    if (history?.status !== 'unavailable') return recorded
    this.warning(
      `${clean(history.error.message)}; without history these are the counters since their own start, not of the window`,
    )
    const counted = await now()
    return {...counted, ...windowIn(recorded), sources: {...counted.sources, history}}
  }
}

const windowIn = ({window}: Snapshot): Pick<Snapshot, 'window'> => (window === undefined ? {} : {window})

const sourcesOfNow = metrics.flatMap(({reads}) => reads)
