import {once} from 'node:events'
import {Args, Flags} from '@oclif/core'
import {findStack} from '../cli/acting.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {parseSince} from '../cli/since.ts'
import {HubError} from '../errors/hub-error.ts'
import {logLine} from '../render/log-line.ts'
import {readStackLogs, type ServiceLine} from '../stack/logs.ts'
import {chooseServices, hubMon, readStack} from '../stack/stack.ts'

/** Lines of each service when neither `--tail` nor `--since` is given. */
const usualTail = 100

export default class Logs extends HubCommand<typeof Logs> {
  static override summary = 'show what the services say, in the order of time'
  static override examples = [
    {description: 'on and on, of one service', command: '<%= config.bin %> logs celery-worker --follow'},
    {description: 'the last ten minutes of all', command: '<%= config.bin %> logs --since 10m'},
    {
      description: 'a line of JSON each',
      command: '<%= config.bin %> logs --json | jq -r \'select(.stream == "stderr") | .text\'',
    },
  ]
  static override args = {
    service: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'services to show; all of them when none is named',
    }),
  }
  static override flags = {
    follow: Flags.boolean({summary: 'go on with what comes, also over restarts, until Ctrl-C'}),
    tail: Flags.integer({
      char: 'n',
      min: 0,
      summary: `last lines of each service; ${usualTail} when neither this nor --since is given`,
    }),
    since: Flags.string({helpValue: '<time>', summary: 'only what came since: 10m, 2h, or a date'}),
    timestamps: Flags.boolean({summary: 'show when each line came'}),
  }

  protected override streams = true

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const {stack} = await findStack({...context, quiet: true})
    const since = flags.since === undefined ? null : parseSince(flags.since, Date.now())
    const {facts} = await readStack(stack)
    if (facts.containers.length === 0) {
      throw new HubError('unavailable', 'not-there', `project ${stack.project} has no containers`, {
        suggestions: [hubMon(stack, 'up')],
      })
    }
    const existing = [...new Set(facts.containers.map(({service}) => service))].sort()
    const services = chooseServices(this.args.service ?? [], existing)
    const containers = facts.containers.filter(({service}) => services.includes(service))
    const tail = flags.tail ?? (since === null ? usualTail : null)
    const left = new AbortController()
    const signal = AbortSignal.any([context.signal, left.signal])
    // Whoever reads us may have seen enough (`| head`): that is no failure.
    process.stdout.on('error', () => left.abort())
    const show = (line: ServiceLine) =>
      context.json
        ? `${JSON.stringify(context.secrets.maskDeep({type: 'log', ...line}))}\n`
        : context.secrets.mask(
            logLine(line, services, {color: context.terminal.color, timestamps: flags.timestamps}),
          )
    for await (const line of readStackLogs(
      stack.engine,
      containers,
      {follow: flags.follow, tail, since},
      signal,
    )) {
      if (signal.aborted) break
      if (!process.stdout.write(show(line))) await once(process.stdout, 'drain', {signal}).catch(() => {})
    }
    // Ctrl-C is how one leaves what goes on for ever; anything else was cut short.
    if (!flags.follow) context.signal.throwIfAborted()
  }
}
