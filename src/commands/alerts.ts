import {Flags} from '@oclif/core'
import {notifiers} from '../alerts/notify/registry.ts'
import {alertsNow} from '../alerts/now.ts'
import {hubName, lookForAlerts, receiversOf, stateFileOf} from '../cli/alerts.ts'
import type {Context} from '../cli/context.ts'
import {exitCodeFor, failOnLevels} from '../cli/fail-on.ts'
import {everyFlag, receiverFlags} from '../cli/flags.ts'
import type {Hub} from '../cli/hub.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {viewOf} from '../cli/view.ts'
import {exitCodes} from '../errors/exit-codes.ts'
import {alertsJson} from '../render/alerts/json.ts'
import {renderAlerts} from '../render/alerts/table.ts'
import {clean} from '../render/text/clean.ts'

export default class Alerts extends HubCommand<typeof Alerts> {
  static override summary = 'what fires now, since when, and what to type; --follow: tell of each change'
  static override description =
    "The rows are the bounds of the metrics, each with how long it is crossed before it fires (for) and, of tasks, the window that is counted; both are configured beside the bounds.\n\nWith --follow it looks on a schedule until Ctrl-C or SIGTERM, and says each change once, a line each; with --json a line of JSON each. What is beyond its bound for as long as 'for' fires, what is back inside for as long resolves, and what cannot be measured stays as it is. What it knows survives a restart. Each change is told to every receiver of the flags, or of the configuration when there is none; one that is down is tried again, and nothing is lost meanwhile. Where two follow the same hub, one tells and the other takes over.\n\nExit codes: 0 nothing fires, 1 a warning, 2 critical, 3 could not tell; with --follow 0 when it ended as it was told to, 69 its state cannot be kept."
  static override examples = [
    '<%= config.bin %> alerts',
    {
      description: 'to the Alertmanager, which routes, groups and silences',
      command: '<%= config.bin %> alerts --follow --alertmanager http://127.0.0.1:9093',
    },
    {
      description: 'a command of your own',
      command: `<%= config.bin %> alerts --follow --exec 'logger "$HUB_MON_ALERT_SUMMARY"'`,
    },
    {description: 'do alerts arrive?', command: '<%= config.bin %> alerts test'},
  ]
  static override flags = {
    follow: Flags.boolean({summary: 'look again and again, and tell of each change'}),
    every: everyFlag,
    ...receiverFlags(notifiers, {dependsOn: ['follow']}),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
    'fail-on': Flags.option({
      options: failOnLevels,
      summary: 'the mildest verdict that is a failure; warning when not given',
      exclusive: ['follow'],
    })(),
  }

  async run(): Promise<void> {
    const {follow, 'fail-on': failOn = 'warning'} = this.flags
    this.streams = follow
    const context = await this.context()
    const {findHub} = await import('../cli/hub.ts')
    const hub = await findHub(context)
    if (follow) return await this.#follow(context, hub)
    const [look, {readState}] = await Promise.all([
      lookForAlerts(hub, context, this.flags.passive),
      import('../alerts/follow/state-file.ts'),
    ])
    // A follower's memory that cannot be read is as none.
    const kept = await readState(stateFileOf(hub, process.env)).catch(() => null)
    const found = alertsNow(look, kept, Date.now())
    this.finish({
      schema: 'hub-mon/alerts@1',
      verdict: found.verdict,
      exitCode: exitCodeFor(found.verdict, failOn),
      data: alertsJson(found),
      text: renderAlerts(found, viewOf(context, failOn)),
    })
  }

  async #follow(context: Context, hub: Hub): Promise<void> {
    const {settings, secrets, tool, quiet, signal} = context
    const receivers = receiversOf(this.flags, context)
    const [{follow}, {lineOf}] = await Promise.all([
      import('../alerts/follow/follower.ts'),
      import('../alerts/notification.ts'),
    ])
    await follow(
      {
        stateFile: stateFileOf(hub, process.env),
        everySeconds: this.flags.every ?? settings.alerts.value.everySeconds,
        hub: secrets.mask(hubName(hub)),
        ...{tool, receivers},
        look: () => lookForAlerts(hub, context, this.flags.passive),
        say: notification => {
          const line = this.wantsJson()
            ? JSON.stringify(secrets.maskDeep(notification))
            : lineOf(notification)
          process.stdout.write(`${this.wantsJson() ? line : secrets.mask(line)}\n`)
        },
        tell: sentence => {
          if (!quiet) process.stderr.write(`${new Date().toISOString()} ${clean(secrets.mask(sentence))}\n`)
        },
      },
      signal,
    )
    // Being told to end is how it ends.
    process.exitCode = exitCodes.done
  }
}
