import {Flags} from '@oclif/core'
import {usualWaitSeconds} from '../../cli/acting.ts'
import {actingFlags, duration} from '../../cli/flags.ts'
import {HubCommand} from '../../cli/hub-command.ts'

const usualGraceSeconds = 300

export default class SecretsRotate extends HubCommand<typeof SecretsRotate> {
  static override summary = 'give all services new passwords while the hub runs, without losing a task'
  static override description =
    'Redis takes a second password for each user, the files are replaced, services are started again one by one (nodes finish what they run), and then the earlier passwords let nobody in, which is tried. Broken off anywhere, both passwords work, and typed again it goes on from there. Programs elsewhere that use worker_broker_url are not cut off: with --keep-old the earlier passwords work beside the new ones until --finish.\n\nRedis itself goes on running: its health check and, with --redis-tls, its certificate change under it.\n\nExit codes: 0 done; 64 not confirmed; 69 something failed, or tasks could be lost; 75 gave up waiting.'
  static override examples = [
    '<%= config.bin %> secrets rotate --dry-run',
    '<%= config.bin %> secrets rotate',
    {
      description: 'with producers elsewhere, which get the new file in between',
      command:
        '<%= config.bin %> secrets rotate --keep-old --yes; <%= config.bin %> secrets rotate --finish --yes',
    },
    {description: 'the login, too', command: '<%= config.bin %> secrets rotate --login'},
  ]
  static override flags = {
    ...actingFlags,
    login: Flags.boolean({summary: 'also the user and password for the browser', exclusive: ['finish']}),
    'redis-tls': Flags.boolean({
      summary: 'also the certificate of Redis, where the services speak TLS to it',
      exclusive: ['finish'],
    }),
    'keep-old': Flags.boolean({summary: 'leave the earlier passwords valid', exclusive: ['finish']}),
    finish: Flags.boolean({summary: 'take the earlier passwords away, and give no new ones'}),
    'allow-task-loss': Flags.boolean({
      summary:
        'also where tasks can be lost: those that run for long, and those of programs without the new file',
    }),
    grace: duration({summary: 'what running tasks get to finish, 5m when not given'}),
    'wait-for': duration({
      summary: `give up waiting for each service after this long, ${usualWaitSeconds}s when not given`,
    }),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const {rotateSecrets} = await import('../../cli/secrets-rotate.ts')
    this.finish(
      await rotateSecrets(context, {
        login: flags.login,
        redisTls: flags['redis-tls'],
        keepOld: flags['keep-old'],
        finish: flags.finish,
        allowTaskLoss: flags['allow-task-loss'],
        graceSeconds: flags.grace ?? usualGraceSeconds,
        waitSeconds: flags['wait-for'],
        yes: flags.yes,
        dryRun: flags['dry-run'],
        warn: (text: string) => this.warning(text),
      }),
    )
  }
}
