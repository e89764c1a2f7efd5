import {expect, it} from 'vitest'
import {Secrets} from '../../../../src/snapshot/secrets.ts'
import {maskValue} from '../../../../src/sources/compose/shown-config.ts'

it('a compose file is shown without what is secret by its name or its place', () => {
  const secrets = new Secrets()
  const masked = maskValue(
    {
      name: 'shop',
      services: {
        redis: {
          image: 'redis:7',
          command: ['redis-server', '--requirepass', 's3cret-a', '--appendonly', 'yes'],
          healthcheck: {test: ['CMD', 'redis-cli', '-a', 's3cret-b', 'ping']},
        },
        worker: {
          environment: {
            API_TOKEN: 's3cret-c',
            BROKER: 'redis://:s3cret-d@redis/0',
            DEBUG: 'yes',
            EMPTY_TOKEN: '',
          },
          build: {args: ['NPM_TOKEN=s3cret-e', 'MODE=x']},
          labels: {'traefik.auth.basicauth': 'u:p', plain: 'x'},
          command: 'sh -c "run --password s3cret-f"',
          secrets: [{source: 'db_password', target: 'db_password'}],
        },
      },
      secrets: {db_password: {file: '/run/db_password'}},
      configs: {motd: {content: 's3cret-g'}},
    },
    [],
    secrets,
  )
  const text = secrets.mask(JSON.stringify(masked))
  expect(text).not.toContain('s3cret')
  expect(masked).toMatchObject({
    services: {
      redis: {image: 'redis:7', command: ['redis-server', '--requirepass', '***', '--appendonly', 'yes']},
      worker: {
        environment: {API_TOKEN: '***', DEBUG: 'yes', EMPTY_TOKEN: ''},
        build: {args: ['NPM_TOKEN=***', 'MODE=x']},
        labels: {plain: 'x'},
        secrets: [{source: 'db_password', target: 'db_password'}],
      },
    },
    secrets: {db_password: {file: '/run/db_password'}},
  })
  // What it met is known from here on.
  expect(secrets.mask('a s3cret-c b s3cret-a')).toBe('a *** b ***')
})
