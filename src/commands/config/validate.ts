import {HubCommand} from '../../cli/hub-command.ts'
import {configFileOf, readConfigFile} from '../../config/file.ts'
import {HubError} from '../../errors/hub-error.ts'

export default class ConfigValidate extends HubCommand<typeof ConfigValidate> {
  static override summary = 'check the configuration file; exit code 78 when it is wrong'
  static override examples = [
    '<%= config.bin %> config validate',
    '<%= config.bin %> config validate --config deploy/hub-mon.yaml',
  ]

  async run(): Promise<void> {
    const file = configFileOf(this.flags.config, process.env, process.cwd())
    if (file === null)
      throw new HubError('configuration', 'no-config', 'there is no configuration file here or above', {
        suggestions: ['hub-mon config init', 'hub-mon config validate --config <path>'],
      })
    await readConfigFile(file)
    this.finish({schema: 'hub-mon/config-validate@1', data: {file, valid: true}, text: `${file} is valid\n`})
  }
}
