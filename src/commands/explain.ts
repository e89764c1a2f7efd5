import {Args} from '@oclif/core'
import {pageOf} from '../checks/check.ts'
import {checks} from '../checks/registry.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {closest} from '../errors/closest.ts'
import {HubError} from '../errors/hub-error.ts'
import {checkText} from '../render/check-page.ts'

export default class Explain extends HubCommand<typeof Explain> {
  static override summary =
    'explain a check: what it looks at, why it matters, how to confirm and how to cure'
  static override examples = ['<%= config.bin %> explain redis.writable']
  static override args = {
    check: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'id of a check; doctor --list has them all',
    }),
  }

  async run(): Promise<void> {
    const {check: id} = this.args
    const check = checks.find(candidate => candidate.id === id)
    if (check === undefined) throw unknownCheck(id)
    const {judge: _judge, appliesTo: _appliesTo, ...told} = check
    const docs = pageOf(check.id)
    this.finish({
      schema: 'hub-mon/explain@1',
      data: {...told, docs},
      text: `${checkText(check)}\nPage: ${docs}\n`,
    })
  }
}

function unknownCheck(id: string): HubError {
  const guess = closest(
    id,
    checks.map(check => check.id),
  )
  return new HubError('usage', 'no-such-check', `there is no check ${JSON.stringify(id)}`, {
    suggestions: [...(guess === null ? [] : [`hub-mon explain ${guess}`]), 'hub-mon doctor --list'],
  })
}
