import {Args, Flags} from '@oclif/core'
import {chooseNodes} from '../broker/choose-nodes.ts'
import {celeryFactsOf} from '../cli/celery-facts.ts'
import {commonFlags, watchFlag} from '../cli/flags.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {viewOf} from '../cli/view.ts'
import {workersJson} from '../render/workers/json.ts'
import {renderWorkers} from '../render/workers/render.ts'
import {type Earlier, earlierOf, workersIn} from '../render/workers/rows.ts'
import type {SourceId} from '../snapshot/reading.ts'

export default class Workers extends HubCommand<typeof Workers> {
  static override summary = 'show the nodes: who answers, what they run and hold, who is hung or gone'
  static override description =
    'Asks the nodes themselves, over the broker. Many nodes that are alike share a row on a terminal; who is silent, gone, named like another or busy for longest keeps one. --all, a pipe and --json list each.\n\nExit code 0, also when a node is hung: doctor judges. 69 when the broker could not be read.'
  static override examples = [
    '<%= config.bin %> workers',
    '<%= config.bin %> workers --watch 2s',
    {description: 'some of them, at length', command: "<%= config.bin %> workers 'celery@web-*' --verbose"},
    {
      description: 'in a script',
      command: "<%= config.bin %> workers --json | jq '.data.nodes[] | {name, state}'",
    },
  ]
  static override args = {
    node: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'nodes to show, by name, host or pattern; all of them when none is named',
    }),
  }
  static override flags = {
    ...watchFlag,
    all: Flags.boolean({summary: 'list every node by itself, however many there are'}),
    stats: Flags.boolean({
      allowNo: true,
      default: true,
      summary: "CPU and memory of the nodes' containers, which the engine takes a second or two to measure",
    }),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: say only who is known'}),
    verbose: Flags.boolean({
      ...commonFlags.verbose,
      char: 'v',
      summary: 'what each node runs, how it is configured and which tasks it has registered',
    }),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {all, passive, stats, verbose, watch} = this.flags
    const {findHub} = await import('../cli/hub.ts')
    const hub = await findHub(context)
    const sources = new Set<SourceId>([
      'celery',
      ...(stats ? (['docker', 'stats'] as const) : ['docker' as const]),
    ])
    const closely = verbose || context.json
    const celeryQuestion = {scheduled: true, ...(closely ? {versions: true} : {briefly: true})}
    let earlier: Earlier | undefined
    await this.show(context, watch, async () => {
      const snapshot = await hub.look(sources, {passive, celery: celeryQuestion})
      const celery = celeryFactsOf(snapshot, text => this.warning(text))
      const everyone = workersIn(snapshot, celery, earlier)
      earlier = earlierOf(snapshot, everyone)
      const chosen = new Set(
        chooseNodes(
          this.args.node ?? [],
          everyone.map(({name}) => name),
        ),
      )
      const workers = everyone.filter(({name}) => chosen.has(name))
      return {
        schema: 'hub-mon/workers@1',
        data: workersJson(snapshot, celery, workers),
        text: await renderWorkers({snapshot, celery, workers, all}, viewOf(context)),
      }
    })
  }
}
