import {Flags} from '@oclif/core'
import {alertRows} from '../../alerts/rows.ts'
import {HubCommand} from '../../cli/hub-command.ts'
import {ruleSourceNames} from '../../render/rules/source.ts'
import {commandLine} from '../../render/text/shell.ts'

export default class AlertsRules extends HubCommand<typeof AlertsRules> {
  static override summary = 'print the alerts as rules for Prometheus'
  static override description =
    'The same rows that alerts are judged by, with the bounds of the configuration, as alerting rules over the series of hub-mon metrics or of Flower. Reads nothing but the configuration. Rows that Flower cannot tell are left out, and named in the first lines.\n\npromtool check rules accepts the file; docs/prometheus.md has the whole set-up.'
  static override examples = [
    '<%= config.bin %> alerts rules > /etc/prometheus/hub-mon.rules.yml',
    {description: "over Flower's own series", command: '<%= config.bin %> alerts rules --source flower'},
  ]
  static override flags = {
    format: Flags.option({
      options: ['prometheus'] as const,
      default: 'prometheus' as const,
      summary: 'prometheus',
    })(),
    source: Flags.option({
      options: ruleSourceNames,
      default: 'hub-mon' as const,
      summary: 'whose series: hub-mon (its metrics --listen) or flower',
    })(),
  }

  async run(): Promise<void> {
    const {settings} = await this.context()
    const [{rulesFor}, {rulesYaml}, {overHubMon}, {overFlower}] = await Promise.all([
      import('../../render/rules/rules.ts'),
      import('../../render/rules/yaml.ts'),
      import('../../render/rules/over-hub-mon.ts'),
      import('../../render/rules/over-flower.ts'),
    ])
    const source = this.flags.source === 'flower' ? overFlower : overHubMon
    const rows = alertRows({expected: {poolProcesses: null, nodes: null, bounds: settings.bounds.value}})
    const rules = rulesFor(rows, source, [])
    const command = commandLine([
      'hub-mon',
      'alerts',
      'rules',
      ...(source === overFlower ? ['--source', 'flower'] : []),
    ])
    this.finish({
      schema: 'hub-mon/alerts-rules@1',
      data: {
        source: source.id,
        rules: rules.rules.map(({comment: _comment, ...rule}) => rule),
        leftOut: rules.leftOut,
      },
      text: await rulesYaml(rules, source, command),
    })
  }
}
