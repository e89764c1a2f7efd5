import {Flags} from '@oclif/core'
import {failOnLevels} from '../../cli/fail-on.ts'
import {HubCommand} from '../../cli/hub-command.ts'

export default class SecretsCheck extends HubCommand<typeof SecretsCheck> {
  static override summary =
    'look whether the secrets are what they should be, and whether the hub runs with them'
  static override description =
    'Looks at the folder, at each file with its owner, mode and age, at passwords that everybody knows, and whether the files fit each other. Where the hub runs, each user signs in to Redis, and a stranger tries: without a password, and with those that everybody tries. Changes nothing, and prints no secret.\n\nExit codes: 0 all is well, 1 a warning, 2 critical, 3 could not tell.'
  static override examples = [
    '<%= config.bin %> secrets check',
    {description: 'for a script', command: '<%= config.bin %> secrets check --json --fail-on critical'},
  ]
  static override flags = {
    'fail-on': Flags.option({
      options: failOnLevels,
      default: 'warning' as const,
      summary: 'what counts as failed: warning, critical or never',
    })(),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {checkSecrets} = await import('../../cli/secrets-check.ts')
    this.finish(await checkSecrets(context, this.flags['fail-on']))
  }
}
