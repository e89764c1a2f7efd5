import {describe, expect, it} from 'vitest'
import {maskCommand} from '../../../src/snapshot/mask-command.ts'
import {Secrets} from '../../../src/snapshot/secrets.ts'

const canary = 'c4nary-of-the-mine'

describe('maskCommand', () => {
  it.each([
    ['an option and its value', ['redis-server', '--requirepass', canary, '--appendonly', 'yes']],
    ['an option with =', ['celery', 'flower', `--basic-auth=admin:${canary}`]],
    ['a URL', ['celery', '-b', `redis://:${canary}@redis:6379/0`, 'worker']],
    ['a shell line', ['sh', '-c', `exec redis-server --requirepass "${canary}" --port 6379`]],
    ['a shell line that begins with the program', ['sh', '-c', `redis-server --requirepass ${canary}`]],
    ['an option behind one that has no value', ['sh', '-c', `redis-cli --no-auth-warning --pass ${canary}`]],
    ['a variable in a shell line', ['sh', '-c', `APP_PASSWORD=${canary} celery worker`]],
    ['redis-cli', ['redis-cli', '-a', canary, 'ping']],
    ['redis-cli in a shell line', ['sh', '-c', `redis-cli -h x -a ${canary} ping`]],
    ['masterauth', ['redis-server', '--masterauth', canary]],
  ])('hides the secret of %s, there and from then on', (_title, command) => {
    const secrets = new Secrets()
    const masked = maskCommand(command, secrets)
    expect(JSON.stringify(masked)).not.toContain(canary)
    expect(masked).toHaveLength(command.length)
    if (!command.join(' ').includes('://')) expect(secrets.mask(`log: ${canary}`)).toBe('log: ***')
  })

  it('leaves everything else as it is', () => {
    const command = ['celery', '-A', 'app.celery_app', 'worker', '--concurrency=2', '-E', '-Q', 'a,b']
    expect(maskCommand(command, new Secrets())).toEqual(command)
  })

  it('hides short values of secret options, too', () => {
    expect(maskCommand(['redis-server', '--requirepass', 'abc'], new Secrets())[2]).toBe('***')
  })
})
