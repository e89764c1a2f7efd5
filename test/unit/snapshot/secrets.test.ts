import {describe, expect, it} from 'vitest'
import {namesSecret, Secrets} from '../../../src/snapshot/secrets.ts'

const canary = 'c4n@ry/se"cret'

function knowing(...secrets: string[]): Secrets {
  const known = new Secrets()
  for (const secret of secrets) known.add(secret)
  return known
}

describe('Secrets', () => {
  it('takes the password out of any URL, known or not', () => {
    expect(new Secrets().mask('at redis://user:hunter22@h:6379/0 and rediss://:pw@h')).toBe(
      'at redis://user:***@h:6379/0 and rediss://:***@h',
    )
  })

  it('knows a password in its plain, its percent-encoded and its JSON spelling', () => {
    const secrets = new Secrets()
    secrets.addUrl(`redis://:${encodeURIComponent(canary)}@h/0`)
    for (const text of [canary, encodeURIComponent(canary), JSON.stringify(canary)])
      expect(secrets.mask(`<${text}>`)).not.toContain('ry/se')
    expect(secrets.mask(encodeURIComponent(canary))).toBe('***')
  })

  it('learns from variables that are named like secrets, and from URLs in any', () => {
    const secrets = new Secrets()
    secrets.addEnvironment({
      REDIS_PASSWORD: 'redis-canary',
      FLOWER_BASIC_AUTH: 'admin:flower-canary,bob:other-canary',
      CELERY_BROKER_URL: 'redis://:broker-canary@redis:6379/0',
      HOME: '/home/hub',
    })
    const text = 'redis-canary flower-canary other-canary broker-canary admin /home/hub'
    expect(secrets.mask(text)).toBe('*** *** *** *** admin /home/hub')
  })

  it('takes what says where a secret is for no secret', () => {
    const secrets = new Secrets()
    secrets.addEnvironment({HUB_SECRETS_DIR: '/etc/hub/secrets', DB_PASSWORD_FILE: 'file-canary'})
    expect(secrets.mask('/etc/hub/secrets/login file-canary')).toBe('/etc/hub/secrets/login ***')
  })

  it('does not black out words for a secret that is too short to tell apart', () => {
    expect(knowing('abc').mask('abc in abcdef')).toBe('abc in abcdef')
  })

  it('leaves words of which a password is a part, so that ids stay what they are', () => {
    const secrets = knowing('wrong', 'redis', 'hunter')
    const text = 'wrong-password redis.reachable hunter-redis hunter.yml; the password is hunter.'
    expect(secrets.mask(text)).toBe(
      'wrong-password redis.reachable hunter-redis hunter.yml; the password is ***.',
    )
    expect(secrets.mask('redis://:redis@redis/0 --requirepass=wrong')).toBe(
      'redis://:***@redis/0 --requirepass=***',
    )
  })

  it('masks the longer of two secrets that overlap', () => {
    expect(knowing('canary', 'canary-long').mask('canary-long')).toBe('***')
  })

  it('masks every string of a plain value, keys too, and leaves the rest', () => {
    expect(knowing('canary').maskDeep({canary: ['a canary', 1, null, {deep: 'canary'}], ok: true})).toEqual({
      '***': ['a ***', 1, null, {deep: '***'}],
      ok: true,
    })
  })

  it.each([
    ['REDIS_PASSWORD', true],
    ['flowerAuth', true],
    ['AWS_SECRET_ACCESS_KEY', true],
    ['SENTRY_DSN', true],
    ['API_TOKEN', true],
    ['AUTHOR', false],
    ['HUB_CONCURRENCY', false],
    ['KEYBOARD', false],
  ])('%s names a secret: %s', (name, secret) => {
    expect(namesSecret(name)).toBe(secret)
  })
})

describe('what was not written as it should be', () => {
  const masked = (text: string, teach: (secrets: Secrets) => void = () => {}) => {
    const secrets = new Secrets()
    teach(secrets)
    return secrets.mask(text)
  }

  it.each([
    ['redis://:pa/ss#wd@h:6379/0', 'redis://:***@h:6379/0'],
    ['amqp://guest:pa/ss@h//', 'amqp://guest:***@h//'],
    ['redis://:12345@h/0', 'redis://:***@h/0'],
    ['redis://:12345,x@h/0', 'redis://:***@h/0'],
    ['sentinel://:one@h1:26379;sentinel://:two@h2/0', 'sentinel://:***@h1:26379;sentinel://:***@h2/0'],
    [
      'sentinel://h1?sentinel_password=one&master_name=a',
      'sentinel://h1?sentinel_password=***&master_name=a',
    ],
    ['redis://h:6379/0?password=pass', 'redis://h:6379/0?password=***'],
    ['http://127.0.0.1:5555/worker/celery@host', 'http://127.0.0.1:5555/worker/celery@host'],
  ])('%s', (text, expected) => expect(masked(text)).toBe(expected))

  it('knows the passwords of every part of a URL again', () => {
    const url = 'sentinel://:canary-1@h1;sentinel://:canary-2@h2?sentinel_password=canary%2B3'
    const secrets = new Secrets()
    secrets.addUrl(url)
    expect(secrets.mask('canary-1 canary-2 canary+3 canary%2B3')).toBe('*** *** *** ***')
  })

  it('takes what stands before the @ of an address that is no URL', () => {
    expect(masked('redis//:pa/ss@h', secrets => secrets.addAddress('redis//:pa/ss@h'))).toBe('redis//:***@h')
    expect(masked('x:y', secrets => secrets.addAddress('127.0.0.1:6379'))).toBe('x:y')
  })

  it('gets through a text of megabytes, which a pattern that looks back and forth would not', () => {
    const long = `${'a'.repeat(2_000_000)}://user:canary@host`
    expect(masked(long)).toBe(`${'a'.repeat(2_000_000)}://user:***@host`)
    expect(masked('a.'.repeat(1_000_000)).length).toBe(2_000_000)
  })

  it('reads a file that nobody could read line by line', () => {
    const file =
      'a: {REDIS_PASSWORD: "one-1"}\n  - API_TOKEN=two-2\n  URL: redis://:three-3@h\n  PORT: 6379\n'
    const text = 'one-1 two-2 three-3 6379'
    expect(masked(text, secrets => secrets.addLines(file))).toBe('*** *** *** 6379')
  })
})
