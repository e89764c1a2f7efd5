import {Flags} from '@oclif/core'
import {findStack, usualWaitSeconds} from '../cli/acting.ts'
import {duration} from '../cli/flags.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {planUp, type UpResult} from '../stack/up.ts'

export default class Up extends HubCommand<typeof Up> {
  static override summary = 'start the hub and wait until it works'
  static override description =
    'Asks the engine and Compose, looks at the compose file, the images and the ports, gets what is missing, starts the containers, and waits until Redis answers, a node answers a ping and Flower answers. What runs already is left as it is.\n\nExit codes: 0 it works, 64 the project was started from another file, 69 something is missing or failed, 75 gave up waiting.'
  static override examples = [
    '<%= config.bin %> up',
    {description: 'only say what would be done', command: '<%= config.bin %> up --dry-run'},
    {description: 'newer images first', command: '<%= config.bin %> up --pull'},
    {description: 'Flower on another port', command: 'FLOWER_PORT=5556 <%= config.bin %> up'},
  ]
  static override flags = {
    'no-wait': Flags.boolean({summary: 'do not wait until the hub works', exclusive: ['wait-for']}),
    'wait-for': duration({summary: `give up waiting after this long, ${usualWaitSeconds}s when not given`}),
    'dry-run': Flags.boolean({summary: 'say what would be done, and do nothing'}),
    pull: Flags.boolean({summary: 'pull images that are here already, too'}),
    build: Flags.boolean({summary: 'build images that are here already, too'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const {stack, carryOut} = await findStack(context)
    const plan = planUp(stack, {
      pull: flags.pull,
      build: flags.build,
      waitSeconds: flags['no-wait'] ? null : (flags['wait-for'] ?? usualWaitSeconds),
    })
    await carryOut(plan.look)
    if (flags['dry-run']) {
      const steps = plan.describe()
      const text = steps.map(step => `${step}\n`).join('')
      this.finish({schema: 'hub-mon/plan@1', data: {project: stack.project, steps}, text})
      return
    }
    await carryOut(plan.act)
    const result = plan.result()
    this.finish({schema: 'hub-mon/up@1', data: result, text: context.quiet ? '' : upText(result)})
  }
}

function upText({changed, urls, leftOut, project}: UpResult): string {
  const width = Math.max(0, ...urls.map(({service}) => service.length))
  const lines = [
    changed ? `Project ${project} is up.` : `Nothing was to do: project ${project} runs already.`,
    ...urls.map(({service, url}) => `  ${service.padEnd(width)}  ${url}`),
    ...leftOut.map(({service, why}) => `Left out: ${service}; ${why}.`),
  ]
  return `${lines.join('\n')}\n`
}
