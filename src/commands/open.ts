import {findHub} from '../cli/hub.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {siteUrl} from '../config/production/production.ts'
import {HubError} from '../errors/hub-error.ts'
import {factsFrom} from '../snapshot/reading.ts'
import {openUrl} from '../sources/host/open-url.ts'
import {hubMon} from '../stack/stack.ts'
import {urlsOf} from '../stack/up.ts'

export default class Open extends HubCommand<typeof Open> {
  static override summary = 'open Flower in the browser, or print its address'
  static override examples = ['<%= config.bin %> open']

  async run(): Promise<void> {
    const context = await this.context()
    const hub = await findHub(context, true)
    const {flowerUrl, production} = hub.located
    const url =
      flowerUrl !== null
        ? withoutUser(flowerUrl)
        : production !== null
          ? siteUrl(production.how)
          : await this.#published(hub)
    const opened = context.terminal.stdoutIsTerminal && !context.json && (await openUrl(url, process.env))
    this.finish({schema: 'hub-mon/open@1', data: {url, opened}, text: `${opened ? 'Opened ' : ''}${url}\n`})
  }

  /** The port that Flower's container publishes. */
  async #published(hub: Awaited<ReturnType<typeof findHub>>): Promise<string> {
    const {docker} = (await hub.look(new Set(['docker']))).sources
    if (docker?.status === 'unavailable')
      throw new HubError('unavailable', docker.error.code, docker.error.message)
    const containers = (factsFrom(docker)?.containers ?? []).filter(({role}) => role === 'flower')
    const found = urlsOf(containers)[0]
    if (found !== undefined) return found.url
    const state =
      containers[0] === undefined ? 'is not there' : `is ${containers[0].state} or publishes no port`
    throw new HubError(
      'unavailable',
      'no-flower',
      `Flower ${state} in project ${hub.target.project ?? '(none)'}`,
      {
        suggestions: [hubMon(hub, 'up'), 'or say where it is: --flower-url http://HOST:5555'],
      },
    )
  }
}

/** Credentials do not belong on a screen, nor in a browser's history. */
function withoutUser(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}
