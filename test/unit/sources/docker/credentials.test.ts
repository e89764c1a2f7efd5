import {describe, expect, it} from 'vitest'
import {credentialsShown} from '../../../../src/sources/docker/credentials.ts'

const isKnownDefault = (password: string) => password.endsWith('changeme')
const shown = (environment: Record<string, string>, command: string[] = []) =>
  credentialsShown(environment, command, isKnownDefault)

describe('a variable', () => {
  it.each([
    ['CELERY_BROKER_URL', 'redis://:s3cret@redis:6379/0'],
    ['CELERY_BROKER_URL', 'redis://worker:s3cret@redis:6379/0'],
    ['CACHE', 'redis://redis:6379/0?password=s3cret'],
    ['FLOWER_BASIC_AUTH', 'admin:s3cret'],
    ['REDIS_PASSWORD', 's3cret'],
    ['FLOWER_OAUTH2_SECRET', 's3cret'],
  ])('%s=%s holds a credential', (name, value) => {
    expect(shown({[name]: value}).credentialVariables).toEqual([name])
  })

  it.each([
    ['CELERY_BROKER_URL', 'redis://redis:6379/0'],
    ['CELERY_BROKER_URL_FILE', '/run/secrets/broker_url'],
    ['FLOWER_BASIC_AUTH', ''],
    ['HUB_SECRETS_DIR', '/srv/secrets'],
    ['REDIS_PASSWORD_FILE', '/run/secrets/redis'],
    ['FLOWER_UNAUTHENTICATED_API', 'true'],
    ['ASK_FOR_PASSWORD', 'true'],
    ['PATH', '/usr/bin:/bin'],
  ])('%s=%s does not', (name, value) => {
    expect(shown({[name]: value}).credentialVariables).toEqual([])
  })

  it('is told by its name, and nothing of its value', () => {
    const told = shown({B: 'redis://:s3cret@redis', A_TOKEN: 't0ken-of-mine', PORT: '6379'})
    expect(told.credentialVariables).toEqual(['A_TOKEN', 'B'])
    expect(JSON.stringify(told)).not.toMatch(/s3cret|t0ken/)
  })

  it('whose password everybody knows is named, also in a URL and behind a user', () => {
    const variables = {A: 'redis://:changeme@redis', B_AUTH: 'ann:s3cret,bob:changeme', C_PASSWORD: 's3cret'}
    expect(shown(variables).knownDefaults).toEqual(['A', 'B_AUTH'])
  })
})

describe('a command line', () => {
  it.each([
    [['redis-server', '--requirepass', 's3cret']],
    [['redis-server', '--requirepass=s3cret']],
    [['celery', '-A', 'app', 'flower', '--basic-auth=ann:s3cret']],
    [['sh', '-c', 'REDIS_PASSWORD=s3cret exec celery worker']],
    [['celery', '-b', 'redis://:s3cret@redis:6379/0', 'worker']],
    [['redis-cli', '-a', 's3cret', 'ping']],
  ])('%j shows a credential', command => {
    expect(shown({}, command).credentialInCommand).toBe(true)
  })

  it.each([
    [['redis-server', '--appendonly', 'yes']],
    [['redis-server', '--requirepass', '']],
    [['sh', '-c', 'FLOWER_BASIC_AUTH="$(cat /run/secrets/flower_auth)" exec celery flower']],
    [['sh', '-c', 'redis-server --requirepass "$REDIS_PASSWORD"']],
    [['redis-server', '--aclfile', '/run/secrets/redis_acl']],
    [['celery', '-b', 'redis://redis:6379/0', 'worker']],
  ])('%j does not', command => {
    expect(shown({}, command).credentialInCommand).toBe(false)
  })

  it('with a password that everybody knows is named so', () => {
    expect(shown({}, ['redis-server', '--requirepass', 'changeme']).knownDefaults).toEqual(['command'])
  })
})
