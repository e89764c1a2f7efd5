import {Args, Flags} from '@oclif/core'
import type {Context} from '../cli/context.ts'
import {watchFlag} from '../cli/flags.ts'
import type {Hub} from '../cli/hub.ts'
import {HubCommand, type Result} from '../cli/hub-command.ts'
import {viewOf} from '../cli/view.ts'
import {HubError} from '../errors/hub-error.ts'
import {renderAccount} from '../render/tasks/account.ts'
import {taskJson} from '../render/tasks/json.ts'
import {nextFor} from '../render/tasks/next.ts'
import {commandLine} from '../render/text/shell.ts'
import {accountOf, lookedThrough, whyIncomplete} from '../report/task-account.ts'

const longestId = 255

export default class Task extends HubCommand<typeof Task> {
  static override summary = 'tell the whole story of one task'
  static override description =
    'Looks for it in the queues (10,000 messages of each, from the head), among what is delivered, on the nodes, in the result backend and in Flower, and puts together what they say. Arguments and the result are masked unless --show-args is given; a traceback is shown.\n\nExit codes: 0 it is known, 64 nobody knows such a task (it says what was looked through), 69 Celery could not be read, or it was not found while a node did not answer.'
  static override examples = [
    '<%= config.bin %> task 4dd0a18e-e278-4405-9453-207c0ef4afa4',
    {
      description: 'with its arguments',
      command: '<%= config.bin %> task 4dd0a18e-e278-4405-9453-207c0ef4afa4 --show-args',
    },
  ]
  static override args = {
    id: Args.string({required: true, ignoreStdin: true, description: 'id of the task'}),
  }
  static override flags = {
    'show-args': Flags.boolean({summary: 'show its arguments and its result'}),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
    ...watchFlag,
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {id} = this.args
    if (id === '' || id.length > longestId)
      throw new HubError('usage', 'bad-id', `an id of a task has 1 to ${longestId} characters`, {
        suggestions: ['hub-mon tasks'],
      })
    const {findHub} = await import('../cli/hub.ts')
    const hub = await findHub(context)
    await this.show(context, this.flags.watch, () => this.#look(context, hub))
  }

  async #look(context: Context, hub: Hub): Promise<Result> {
    const {lookAtTask} = await import('../cli/task-story.ts')
    const question = {
      id: this.args.id,
      showArgs: this.flags['show-args'],
      passive: this.flags.passive,
    }
    const {story, containers} = await lookAtTask(context, hub, question, warning => this.warning(warning))
    const account = accountOf(story)
    const {target} = hub
    const name = JSON.stringify(question.id)
    const why = whyIncomplete(story)
    if (account === null && why !== null && !question.passive)
      throw new HubError('unavailable', 'nodes-silent', `task ${name} was not found, but ${why}`, {
        detail: [...lookedThrough(story), 'a node that is busy or hung may have it: ask again'].join('\n'),
        suggestions: [commandLine(['hub-mon', 'workers', ...target.flags])],
      })
    if (account === null)
      throw new HubError(
        'usage',
        'no-such-task',
        why === null ? `nobody knows a task ${name}` : `task ${name} was not found, and ${why}`,
        {
          detail: [
            ...lookedThrough(story),
            'this does not prove that it never was: a result goes after a day or is not kept at all, and Flower forgets',
          ].join('\n'),
          suggestions: [commandLine(['hub-mon', 'tasks', ...target.flags])],
        },
      )
    const frame = {target, takenAt: story.lookedAt, next: nextFor(account, target, containers)}
    return {
      schema: 'hub-mon/task@1',
      data: taskJson(account, frame),
      text: renderAccount(account, frame, viewOf(context)),
    }
  }
}
