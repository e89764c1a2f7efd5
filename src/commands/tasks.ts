import {Flags} from '@oclif/core'
import {celeryFactsOf, finishedFactsOf} from '../cli/celery-facts.ts'
import type {Context} from '../cli/context.ts'
import {duration, watchFlag} from '../cli/flags.ts'
import type {Hub} from '../cli/hub.ts'
import {HubCommand, type Result} from '../cli/hub-command.ts'
import {viewOf} from '../cli/view.ts'
import {tasksJson} from '../render/tasks/json.ts'
import {renderTasks} from '../render/tasks/list.ts'
import {celeryStates, endedStates, listTasks, liveStates, type TaskState} from '../report/tasks.ts'
import {silentInWords} from '../snapshot/celery.ts'
import type {SourceId} from '../snapshot/reading.ts'

const usualLimit = 50

const state = (summary: string) => Flags.boolean({summary})

export default class Tasks extends HubCommand<typeof Tasks> {
  static override summary = 'list what runs, is held, waits, or has ended'
  static override description =
    'Without a flag: what is running now, and how much is reserved, scheduled and waiting. What has ended comes from Flower where its API can be read, else from the result backend, and it says from which. Waiting tasks are a sample from the ends of the queues.\n\nExit codes: 0 listed, also when there is none; 69 Celery or what has ended could not be read.'
  static override examples = [
    '<%= config.bin %> tasks',
    {description: 'stuck?', command: '<%= config.bin %> tasks --running --older-than 30m'},
    {description: 'what failed', command: "<%= config.bin %> tasks --failed --name 'app.tasks.*'"},
    '<%= config.bin %> tasks --reserved --scheduled --worker celery@one --watch 2s',
  ]
  static override flags = {
    running: state('those that a pool process runs, the longest running first'),
    reserved: state('those that a node holds until a pool process is free'),
    scheduled: state('those that a node holds until their ETA, the next due first'),
    waiting: state('those that wait in a queue: a sample'),
    succeeded: state('those that succeeded, the newest first'),
    failed: state('those that failed, the newest first'),
    revoked: state('those that were revoked or rejected, the newest first'),
    name: Flags.string({helpValue: '<glob>', summary: 'only tasks of such a name'}),
    worker: Flags.string({helpValue: '<glob>', summary: 'only those of such nodes'}),
    queue: Flags.string({helpValue: '<glob>', summary: 'only those of such queues'}),
    'older-than': duration({
      summary: 'only those that have run, been held, or been over for longer than this',
    }),
    limit: Flags.integer({default: usualLimit, min: 1, summary: 'list so many at most'}),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
    ...watchFlag,
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {findHub} = await import('../cli/hub.ts')
    const hub = await findHub(context)
    await this.show(context, this.flags.watch, () => this.#look(context, hub))
  }

  async #look(context: Context, hub: Hub): Promise<Result> {
    const {flags} = this
    const filter = {
      ...(flags.name === undefined ? {} : {name: flags.name}),
      ...(flags.worker === undefined ? {} : {worker: flags.worker}),
      ...(flags.queue === undefined ? {} : {queue: flags.queue}),
      ...(flags['older-than'] === undefined ? {} : {olderThanSeconds: flags['older-than']}),
    }
    const chosen = [...liveStates, ...endedStates].filter(state => flags[state])
    const overview = chosen.length === 0 && Object.keys(filter).length === 0
    const states: TaskState[] = overview ? ['running'] : chosen.length === 0 ? [...liveStates] : chosen
    const ended = endedStates.filter(state => states.includes(state))
    const live = states.length > ended.length
    const snapshot = await hub.look(
      new Set<SourceId>([
        ...(live ? ['celery' as const] : []),
        ...(ended.length > 0 ? ['finished' as const] : []),
      ]),
      {
        passive: flags.passive,
        celery: {
          // Where results are kept, nodes tell with their configuration.
          briefly: ended.length === 0,
          scheduled: overview || states.includes('scheduled'), // Since when something is held is in the messages that are delivered.
          messages: states.some(
            state => state === 'reserved' || state === 'scheduled' || state === 'waiting',
          ),
        },
        finished: ended.flatMap(state => celeryStates[state]),
      },
    )
    const tell = (warning: string) => this.warning(warning)
    const celery = live ? celeryFactsOf(snapshot, tell) : null
    const silent = celery === null ? null : silentInWords(celery)
    if (silent !== null) tell(`Read in part: ${silent}; what silent nodes run and hold is not listed`)
    const list = listTasks(
      {
        celery,
        finished: ended.length > 0 ? finishedFactsOf(snapshot, tell) : null,
        takenAt: snapshot.takenAt,
      },
      states,
      filter,
      flags.limit,
    )
    return {
      schema: 'hub-mon/tasks@1',
      data: tasksJson(list, snapshot),
      text: await renderTasks(list, snapshot, viewOf(context), {rest: overview}),
    }
  }
}
