import {Args} from '@oclif/core'
import {checks} from '../checks/registry.ts'
import {type CompletedCommand, completionScript, type Shell, shells} from '../cli/completion.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {HubError} from '../errors/hub-error.ts'

export default class Completion extends HubCommand<typeof Completion> {
  static override summary = 'print a completion script for bash or zsh'
  static override examples = [
    {description: 'for this shell', command: 'eval "$(<%= config.bin %> completion bash)"'},
    {
      description: 'for every zsh',
      command: 'echo \'eval "$(<%= config.bin %> completion zsh)"\' >> ~/.zshrc',
    },
  ]
  static override args = {
    shell: Args.string({
      ignoreStdin: true,
      options: [...shells],
      description: 'taken from $SHELL when left out',
    }),
  }

  async run(): Promise<void> {
    const shell = this.args.shell ?? process.env.SHELL?.split('/').at(-1)
    if (!isShell(shell))
      throw new HubError('usage', 'which-shell', 'say for which shell', {
        suggestions: shells.map(name => `hub-mon completion ${name}`),
      })
    const script = completionScript(shell, this.#commands())
    this.finish({schema: 'hub-mon/completion@1', data: {shell, script}, text: script})
  }

  #commands(): CompletedCommand[] {
    return this.config.commands
      .filter(command => !command.hidden)
      .map(command => ({
        words: command.id.replaceAll(':', ' '),
        summary: command.summary ?? '',
        flags: Object.keys(command.flags).map(name => `--${name}`),
        values:
          command.id === 'explain'
            ? checks.map(({id}) => id)
            : command.id === 'completion'
              ? [...shells]
              : [],
      }))
      .sort((a, b) => (a.words < b.words ? -1 : 1))
  }
}

function isShell(name: string | undefined): name is Shell {
  return shells.some(shell => shell === name)
}
