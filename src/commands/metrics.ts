import {once} from 'node:events'
import {Flags} from '@oclif/core'
import type {Context} from '../cli/context.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'

/** Whoever asks within this gets what was seen last. */
const keptSeconds = 5
/** What a scraper waits for usually is ten. */
const usualScrapeSeconds = 10
/** For the way back. */
const marginSeconds = 0.5
const credentialsVariable = 'HUB_MON_METRICS_AUTH'

export default class Metrics extends HubCommand<typeof Metrics> {
  static override summary = 'print what doctor and stats see as OpenMetrics, or serve it to Prometheus'
  static override description =
    'Without --listen: once, to stdout. With it: GET /metrics and /-/healthy, until Ctrl-C or SIGTERM, with counters and histograms of the tasks beside, made of what hub-mon record writes while it serves. Those who ask at the same time, or within 5 s, share one look. What cannot be read is absent, hub_mon_up says of which source. docs/prometheus.md has all names.\n\nListens on what you name and nothing else. On another address than loopback set HUB_MON_METRICS_AUTH=user:password, or put a reverse proxy in front.\n\nExit codes: 0 it ended as it was told to, 69 it cannot listen there.'
  static override examples = [
    '<%= config.bin %> metrics',
    '<%= config.bin %> metrics --listen 127.0.0.1:9541',
    {
      description: "for node_exporter's textfile collector",
      command: '<%= config.bin %> metrics --format text > hub.prom.new && mv hub.prom.new hub.prom',
    },
  ]
  static override flags = {
    listen: Flags.string({helpValue: '<host:port>', summary: 'serve it there, e.g. 127.0.0.1:9541'}),
    format: Flags.option({
      options: ['openmetrics', 'text'] as const,
      default: 'openmetrics' as const,
      summary: 'without --listen: OpenMetrics, or the older text format',
    })(),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {listen, passive} = this.flags
    if (listen === undefined) return await this.#print(context, passive)
    const {parsePlace} = await import('../exporter/place.ts')
    await this.#serve(context, parsePlace(listen), passive)
  }

  async #print(context: Context, passive: boolean): Promise<void> {
    const [{findHub}, {lookAt}, {lookFamilies}, {exposition}, {familiesJson}] = await Promise.all([
      import('../cli/hub.ts'),
      import('../cli/exporter.ts'),
      import('../render/openmetrics/look-families.ts'),
      import('../render/openmetrics/text.ts'),
      import('../render/openmetrics/json.ts'),
    ])
    const families = lookFamilies(await lookAt(context, await findHub(context), {passive}))
    const text = exposition(families, this.flags.format)
    this.finish({
      schema: 'hub-mon/metrics@1',
      data: {families: familiesJson(families)},
      text: context.terminal.stdoutIsTerminal ? text.split('\n').map(clean).join('\n') : text,
    })
  }

  async #serve(context: Context, place: {host: string; port: number}, passive: boolean): Promise<void> {
    const credentials = credentialsFrom(process.env)
    const [
      {findHub},
      {familiesOverTime},
      {serve, inUrl},
      {isLoopback},
      {shared},
      text,
      {untilAborted},
      {timeLimit},
    ] = await Promise.all([
      import('../cli/hub.ts'),
      import('../cli/exporter.ts'),
      import('../exporter/server.ts'),
      import('../exporter/place.ts'),
      import('../exporter/shared.ts'),
      import('../render/openmetrics/text.ts'),
      import('../sources/until-aborted.ts'),
      import('../sources/time-limit.ts'),
    ])
    const hub = await findHub(context)
    const look = shared(keptSeconds, familiesOverTime(context, hub, {passive}))
    const serving = await serve(place, credentials, async ({accept, withinSeconds}) => {
      const seconds = Math.max(marginSeconds, (withinSeconds ?? usualScrapeSeconds) - marginSeconds)
      const limit = timeLimit(seconds)
      const families = await untilAborted(look(), limit).catch((error: unknown) => {
        throw limit.aborted
          ? new Error(
              'the look takes longer than the scrape may: raise scrape_timeout, or give a shorter --timeout',
            )
          : new Error(`the hub could not be looked at: ${this.secrets.mask((error as Error).message)}`)
      })
      const dialect = accept.includes('application/openmetrics-text') ? 'openmetrics' : 'text'
      return {contentType: text.contentTypes[dialect], body: text.exposition(families, dialect)}
    })
    const {host, port} = serving.place
    if (!isLoopback(host) && credentials === null)
      this.warning(
        `${inUrl(host)} can be reached by other machines, and nobody has to sign in: set ${credentialsVariable}=user:password, or listen on 127.0.0.1 behind a reverse proxy`,
      )
    if (!context.quiet) process.stderr.write(`serving http://${inUrl(host)}:${port}/metrics\n`)
    if (!context.signal.aborted) await once(context.signal, 'abort')
    await serving.close()
    // Being told to end is how it ends.
    process.exitCode = 0
  }
}

function credentialsFrom(environment: NodeJS.ProcessEnv): string | null {
  const value = environment[credentialsVariable]
  if (value === undefined || value === '') return null
  if (/^[^:]+:./.test(value)) return value
  throw new HubError('usage', 'bad-credentials', `${credentialsVariable} wants user:password`, {
    suggestions: [`${credentialsVariable}=prometheus:secret`],
  })
}
