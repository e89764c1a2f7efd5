import {HubCommand} from '../../cli/hub-command.ts'
import {describeSettings} from '../../config/describe.ts'

export default class ConfigShow extends HubCommand<typeof ConfigShow> {
  static override summary = 'show every effective setting and where it came from'
  static override description =
    'Flags win over HUB_MON_* variables, those over the configuration file, that over defaults. Secrets are masked.'
  static override examples = [
    '<%= config.bin %> config show',
    '<%= config.bin %> config show --json | jq .data.redisUrl',
  ]

  async run(): Promise<void> {
    const {settings} = await this.context()
    const rows = describeSettings(settings)
    const width = Math.max(...rows.map(({key}) => key.length))
    this.finish({
      schema: 'hub-mon/config@1',
      data: Object.fromEntries(rows.map(({key, value, origin}) => [key, {value, origin}])),
      text: rows
        .map(
          ({key, value, origin}) =>
            `${key.padEnd(width)}  ${value === null ? '-' : JSON.stringify(value)}  (${origin.name})\n`,
        )
        .join(''),
    })
  }
}
