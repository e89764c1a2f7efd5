import {Config, flush, type Interfaces, run, settings} from '@oclif/core'
import {closest} from '../errors/closest.ts'
import {HubError} from '../errors/hub-error.ts'
import {commandLine} from '../render/text/shell.ts'
import {Secrets} from '../snapshot/secrets.ts'
import {asHubError, presentError} from './present-error.ts'
import {wantsJson} from './wants-json.ts'

/** Runs one command line. Commands report their own errors; what fails before there is a command is reported here. */
export async function main(options: {
  root: string
  argv: string[]
  /** The package as it is run from its sources; read from `root` when absent. */
  plugins?: Map<string, Interfaces.Plugin>
}): Promise<void> {
  settings.enableAutoTranspile = false
  const argv = spellHelp(options.argv)
  // A reader that has seen enough (`hub-mon logs | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  let config: Config | null = null
  // What nobody waits for must not end in Node's stack trace and its exit code 1, which is a verdict here.
  process.on('uncaughtException', thrown => {
    tell(thrown, argv, config)
    process.exit()
  })
  try {
    config = await Config.load({
      root: options.root,
      ...(options.plugins === undefined ? {} : {plugins: options.plugins}),
    })
    refuseUnknown(argv, config)
    await run(argv, config)
    await flush()
  } catch (thrown) {
    if (!isQuietExit(thrown)) tell(thrown, argv, config)
  }
}

function tell(thrown: unknown, argv: string[], config: Config | null): void {
  const secrets = new Secrets()
  secrets.addEnvironment(process.env)
  for (const word of argv) secrets.addAddress(word)
  presentError(asHubError(thrown), {
    command: argv[0] ?? '',
    version: config?.version ?? '',
    json: wantsJson(argv, process.env),
    indent: 2,
    warnings: [],
    secrets,
  })
}

/** `hub-mon help doctor` is `hub-mon doctor --help`. */
function spellHelp(argv: string[]): string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
}

function refuseUnknown(argv: string[], config: Config): void {
  const [word] = argv
  if (word === undefined || word.startsWith('-')) return
  const names = [
    ...config.commandIDs.map(id => id.split(':')[0] ?? id),
    ...config.topics.map(topic => topic.name),
  ]
  if (names.includes(word)) return
  const guess = closest(word, names)
  throw new HubError('noSuchCommand', 'no-such-command', `hub-mon has no command ${JSON.stringify(word)}`, {
    suggestions: guess === null ? ['hub-mon --help'] : [commandLine(['hub-mon', guess, ...argv.slice(1)])],
  })
}

/** oclif ends help and version by throwing. */
function isQuietExit(thrown: unknown): boolean {
  const exit = (thrown as {oclif?: {exit?: number}}).oclif?.exit
  return exit === 0
}
