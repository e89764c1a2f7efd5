import {Command, type Interfaces} from '@oclif/core'
import {type FlagValues, resolveSettings} from '../config/resolve.ts'
import {exitCodes} from '../errors/exit-codes.ts'
import {clean} from '../render/text/clean.ts'
import type {Verdict} from '../report/report.ts'
import {Secrets} from '../snapshot/secrets.ts'
import type {Context} from './context.ts'
import {errorEnvelope, resultEnvelope} from './envelope.ts'
import {commonFlags} from './flags.ts'
import {abortOnSignals} from './interrupt.ts'
import {asHubError, asRefusal, presentError} from './present-error.ts'
import {detectTerminal} from './terminal.ts'
import {wantsJson} from './wants-json.ts'
import {screen, watch} from './watch.ts'

/** What a command prints. */
export type Result = {
  /** e.g. `hub-mon/workers@1`. */
  schema: string
  verdict?: Verdict
  /** Done when absent. */
  exitCode?: number
  data: unknown
  text: string
}

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof HubCommand)['baseFlags'] & T['flags']
>
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/** A little time for sockets to close by themselves; then the process leaves, whatever still hangs. */
const graceMilliseconds = 500

/**
 * What all commands share: common flags, the context, the one way to print a result, the one way to fail. Arguments are
 * declared with `ignoreStdin`: an absent one must not be taken from a loop's stdin.
 */
export abstract class HubCommand<T extends typeof Command> extends Command {
  static override baseFlags = commonFlags

  protected flags!: FlagsOf<T>
  protected args!: ArgsOf<T>
  protected readonly secrets = new Secrets()
  /** What is printed with `--json` is a line a piece (NDJSON), an error's document, too. */
  protected streams: boolean = false
  readonly #warnings: string[] = []

  override async init(): Promise<void> {
    await super.init()
    this.secrets.addEnvironment(process.env)
    for (const word of this.argv) this.secrets.addUrl(word)
    const {flags, args} = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (this.ctor as typeof HubCommand).baseFlags,
      args: this.ctor.args,
      strict: this.ctor.strict,
    }).catch((thrown: unknown) => {
      throw asRefusal(thrown, this.#frame().command)
    })
    this.flags = flags as FlagsOf<T>
    this.args = args as ArgsOf<T>
  }

  /** Settings, terminal and signals for this run. */
  protected async context(): Promise<Context> {
    const flags = this.flags as Interfaces.InferredFlags<typeof commonFlags>
    const settings = await resolveSettings(typed(flags), process.env, process.cwd())
    this.secrets.addAddress(settings.redisUrl.value)
    this.secrets.addAddress(settings.flowerUrl.value)
    this.secrets.addAddress(settings.ambientRedisUrl.value)
    this.secrets.addAddress(settings.history.value.store)
    for (const {address} of settings.alerts.value.notify) this.secrets.addAddress(address)
    this.secrets.addEnvironment({FLOWER_BASIC_AUTH: settings.flowerAuth.value ?? undefined})
    this.secrets.addEnvironment(settings.environment.value)
    const color = flags.color ?? (process.env.HUB_MON_NO_COLOR ? false : undefined)
    return {
      settings,
      secrets: this.secrets,
      signal: abortOnSignals(),
      tool: this.config.version,
      root: this.config.root,
      terminal: detectTerminal({color, json: flags.json, quiet: flags.quiet}, process.env, process),
      json: flags.json,
      quiet: flags.quiet,
      verbose: flags.verbose,
    }
  }

  /** Said on stderr at once, and in the envelope. */
  protected warning(text: string): void {
    this.#warnings.push(text)
    if (!this.wantsJson()) process.stderr.write(`${clean(this.secrets.mask(text))}\n`)
  }

  /** The result, once, on stdout: the envelope with `--json`, else the text. */
  protected finish(result: Result): void {
    process.exitCode = result.exitCode ?? exitCodes.done
    process.stdout.write(
      this.wantsJson() ? this.#document(result, this.streams ? 0 : 2) : this.secrets.mask(result.text),
    )
  }

  /**
   * The result of one look, or of one look after the other: drawn in place on a terminal, below each other when piped, a line
   * each with `--json`. A look that fails is shown in its place, and the next one is taken all the same.
   */
  protected async show(
    {signal, terminal}: Context,
    every: number | undefined,
    look: () => Promise<Result>,
  ): Promise<void> {
    if (every === undefined) return this.finish(await look())
    this.streams = true
    const drawn = terminal.stdoutIsTerminal && !this.wantsJson() ? screen(process.stdout) : null
    const print = (text: string) => (drawn === null ? process.stdout.write(`${text}\n`) : drawn.draw(text))
    try {
      await watch(every, {signal}, async () => {
        this.#warnings.length = 0
        try {
          const result = await look()
          if (this.wantsJson()) process.stdout.write(this.#document(result, 0))
          else print(this.secrets.mask(result.text))
        } catch (error) {
          signal.throwIfAborted()
          const reported = asHubError(error)
          // A wrong flag stays wrong; what is down may come back.
          if (reported.exit !== exitCodes.unavailable) throw error
          if (this.wantsJson())
            process.stdout.write(
              `${JSON.stringify(this.secrets.maskDeep(errorEnvelope(this.#frame(), reported)))}\n`,
            )
          else print(`${this.secrets.mask(clean(reported.message))}\n`)
        }
      })
    } finally {
      drawn?.leave()
    }
  }

  #document(result: Result, indent: number): string {
    const envelope = resultEnvelope(this.#frame(), {
      schema: result.schema,
      verdict: result.verdict ?? null,
      exitCode: result.exitCode ?? exitCodes.done,
      data: result.data,
    })
    return `${JSON.stringify(this.secrets.maskDeep(envelope), null, indent)}\n`
  }

  override async catch(thrown: unknown): Promise<void> {
    const flags = Object.keys({...commonFlags, ...this.ctor.flags})
    presentError(asHubError(thrown, {words: this.#frame().command, flags}), {
      ...this.#frame(),
      json: this.wantsJson(),
      indent: this.streams ? 0 : 2,
      secrets: this.secrets,
    })
  }

  override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error)
    setTimeout(() => process.exit(), graceMilliseconds).unref()
  }

  protected wantsJson(): boolean {
    return wantsJson(this.argv, process.env)
  }

  #frame() {
    return {
      command: this.id?.replaceAll(':', ' ') ?? '',
      version: this.config.version,
      warnings: this.#warnings,
    }
  }
}

function typed(flags: Interfaces.InferredFlags<typeof commonFlags>): FlagValues {
  return {
    ...(flags.file === undefined ? {} : {file: flags.file}),
    ...(flags['project-name'] === undefined ? {} : {projectName: flags['project-name']}),
    ...(flags['redis-url'] === undefined ? {} : {redisUrl: flags['redis-url']}),
    ...(flags['flower-url'] === undefined ? {} : {flowerUrl: flags['flower-url']}),
    ...(flags.config === undefined ? {} : {config: flags.config}),
    ...(flags.timeout === undefined ? {} : {timeout: flags.timeout}),
  }
}
