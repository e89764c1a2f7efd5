import {randomUUID} from 'node:crypto'
import {sampleNotification} from '../../alerts/notification.ts'
import {deliverySeconds} from '../../alerts/notify/notifier.ts'
import {notifiers, receiverName} from '../../alerts/notify/registry.ts'
import {hubName, receiversOf} from '../../cli/alerts.ts'
import {receiverFlags} from '../../cli/flags.ts'
import {HubCommand} from '../../cli/hub-command.ts'
import {exitCodes} from '../../errors/exit-codes.ts'
import {HubError} from '../../errors/hub-error.ts'
import {clean} from '../../render/text/clean.ts'
import {timeLimit} from '../../sources/time-limit.ts'

export default class AlertsTest extends HubCommand<typeof AlertsTest> {
  static override summary = 'send a sample to whoever is told of alerts, and say whether it was taken'
  static override description =
    'To every receiver of the flags, or of the configuration when there is none. The sample says of itself that it is one (event test, alert HubMonTest), and resolves by itself in Alertmanager after a minute. The hub is not looked at.\n\nExit codes: 0 all have taken it, 64 nobody is to be told, 69 somebody has not taken it.'
  static override examples = [
    '<%= config.bin %> alerts test',
    '<%= config.bin %> alerts test --alertmanager http://127.0.0.1:9093',
  ]
  static override flags = receiverFlags(notifiers)

  async run(): Promise<void> {
    const context = await this.context()
    const receivers = receiversOf(this.flags, context)
    if (receivers.length === 0)
      throw new HubError('usage', 'no-receiver', 'nobody is to be told of alerts', {
        suggestions: [
          'hub-mon alerts test --alertmanager http://127.0.0.1:9093',
          'name some under alerts.notify in the configuration: hub-mon config init',
        ],
        docs: 'docs/alerts.md',
      })
    const {findHub} = await import('../../cli/hub.ts')
    const hub = hubName(await findHub(context))
    const tried = await Promise.all(
      receivers.map(async receiver => {
        const about = {id: randomUUID(), tool: context.tool, hub: context.secrets.mask(hub)}
        const within = AbortSignal.any([context.signal, timeLimit(deliverySeconds)])
        const error = await receiver.kind
          .deliver(receiver.address, sampleNotification(about, Date.now()), within)
          .then(() => null)
          .catch((thrown: Error) => thrown.message)
        return {kind: receiver.kind.kind, name: receiverName(receiver), taken: error === null, error}
      }),
    )
    context.signal.throwIfAborted()
    this.finish({
      schema: 'hub-mon/alerts-test@1',
      exitCode: tried.every(({taken}) => taken) ? exitCodes.done : exitCodes.unavailable,
      data: {receivers: tried},
      text: tried
        .map(({name, error}) => clean(error === null ? `taken: ${name}` : `not taken: ${name}: ${error}`))
        .map(line => `${line}\n`)
        .join(''),
    })
  }
}
