import path from 'node:path'
import {Flags} from '@oclif/core'
import {findStack, usualWaitSeconds} from '../cli/acting.ts'
import {duration} from '../cli/flags.ts'
import {folderOfSecrets} from '../cli/hub.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {productionFlags, productionSteps, productionWanted} from '../cli/production.ts'
import {siteUrl} from '../config/production/production.ts'
import {HubError} from '../errors/hub-error.ts'
import {forget} from '../sources/target/remembered.ts'
import {hubMon, type Stack} from '../stack/stack.ts'
import {planUp, type UpResult} from '../stack/up.ts'

export default class Up extends HubCommand<typeof Up> {
  static override summary = 'start the hub and wait until it works'
  static override description =
    'Asks the engine and Compose, looks at the compose file, the images and the ports, gets what is missing, starts the containers, and waits until Redis answers, a node answers a ping and Flower answers. What runs already is left as it is.\n\nWith --production it makes the secrets and the proxy as well, and asks from outside whether it is closed (docs/production.md).\n\nExit codes: 0 it works, 64 the project was started from another file, 69 something is missing or failed, or it is up and not closed, 75 gave up waiting.'
  static override examples = [
    '<%= config.bin %> up',
    {description: 'only say what would be done', command: '<%= config.bin %> up --dry-run'},
    {description: 'newer images first', command: '<%= config.bin %> up --pull'},
    {description: 'Flower on another port', command: 'FLOWER_PORT=5556 <%= config.bin %> up'},
    {
      description: 'behind a proxy with HTTPS and a password, for these addresses alone',
      command:
        '<%= config.bin %> up --production --site hub.example.com --certificate ops@example.com --allow 10.0.0.0/8',
    },
  ]
  static override flags = {
    'no-wait': Flags.boolean({summary: 'do not wait until the hub works', exclusive: ['wait-for']}),
    'wait-for': duration({summary: `give up waiting after this long, ${usualWaitSeconds}s when not given`}),
    'dry-run': Flags.boolean({summary: 'say what would be done, and do nothing'}),
    pull: Flags.boolean({summary: 'pull images that are here already, too'}),
    build: Flags.boolean({summary: 'build images that are here already, too'}),
    ...productionFlags,
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const wanted = await productionWanted(flags, context)
    const {stack: found, hub, carryOut, tell} = await findStack(context, wanted)
    const production = hub.located.production
    const stack = {...found, moves: wanted !== null}
    if (production !== null && !production.known && wanted === null) throw unknownProduction(stack)
    const plan = planUp(stack, {
      ...(production === null ? {} : {production: productionSteps(context, hub, production.how)}),
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
    if (wanted === 'leave') await forget(stack.project, process.env)
    const result = plan.result()
    if (production !== null) {
      result.urls.push({service: 'proxy', url: siteUrl(production.how)})
      tell(`The pages ask for what stands in ${path.join(folderOfSecrets(hub.located), 'login')}`)
    }
    this.finish({schema: 'hub-mon/up@1', data: result, text: context.quiet ? '' : upText(result)})
  }
}

/** Whoever brought it there knows the allow list; a plain `up` must not open it to everybody. */
function unknownProduction(stack: Stack): HubError {
  return new HubError(
    'usage',
    'production-unknown',
    `how ${stack.project} is in production is not known here`,
    {
      detail: 'it is written down for the user and on the machine where up --production was typed',
      suggestions: [
        'as that user: sudo -u NAME hub-mon up',
        `or say all of it again: ${hubMon(stack, 'up', '--production')} --site … --allow …`,
      ],
      docs: 'docs/production.md',
    },
  )
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
