import {Flags} from '@oclif/core'
import {HubCommand} from '../../cli/hub-command.ts'

export default class SecretsInit extends HubCommand<typeof SecretsInit> {
  static override summary = 'make the files with the passwords that a hub in production needs'
  static override description =
    "Makes a folder that you alone may enter, with one file for each secret, owned by the user of the service that reads it. Passwords are 32 random bytes; none is printed. What is there stays as it is: typed again, it makes what is missing and nothing else.\n\nA file for a service's user takes root, or a Docker engine: then a container without a network, which sees this folder alone, hands it over.\n\nExit codes: 0 all are there; 69 no engine and no root, or no openssl; 77 the folder is open to others."
  static override examples = [
    '<%= config.bin %> secrets init',
    {
      description: 'in a folder of your own',
      command: 'HUB_SECRETS_DIR=/etc/hub <%= config.bin %> secrets init',
    },
    {
      description: 'TLS between Redis and the services',
      command: '<%= config.bin %> secrets init --redis-tls',
    },
    {
      description: 'a certificate of your own',
      command: '<%= config.bin %> secrets init --tls-cert hub.pem --tls-key hub.key',
    },
  ]
  static override flags = {
    'redis-tls': Flags.boolean({summary: 'make a certificate for Redis, and URLs that ask for it'}),
    'tls-cert': Flags.string({
      helpValue: '<path>',
      summary: "the proxy's certificate, with those between it and its authority",
      dependsOn: ['tls-key'],
    }),
    'tls-key': Flags.string({
      helpValue: '<path>',
      summary: 'its private key',
      dependsOn: ['tls-cert'],
    }),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const {initialise} = await import('../../cli/secrets-init.ts')
    this.finish(
      await initialise(context, {
        redisTls: flags['redis-tls'],
        tlsCert: flags['tls-cert'] ?? null,
        tlsKey: flags['tls-key'] ?? null,
      }),
    )
  }
}
