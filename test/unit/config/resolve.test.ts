import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {describeSettings} from '../../../src/config/describe.ts'
import {parseDuration} from '../../../src/config/duration.ts'
import {resolveSettings} from '../../../src/config/resolve.ts'
import {starterFile} from '../../../src/config/starter.ts'
import type {HubError} from '../../../src/errors/hub-error.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-config-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

/** No file of the person who runs the tests. */
const alone = () => ({XDG_CONFIG_HOME: path.join(folder, 'nowhere')})

function write(text: string, name = 'hub-mon.config.yaml'): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), {recursive: true})
  writeFileSync(file, text)
  return file
}

async function refusal(text: string): Promise<HubError> {
  write(text)
  return resolveSettings({}, alone(), folder).then(
    () => expect.unreachable('the file was accepted'),
    error => error as HubError,
  )
}

describe('resolveSettings', () => {
  it('lets flags win over HUB_MON_*, those over the file, that over defaults, and remembers which', async () => {
    const file = write('redisUrl: redis://file:1/0\nprojectName: fromfile\nflowerUrl: http://file:5555\n')
    const environment = {...alone(), HUB_MON_REDIS_URL: 'redis://env:1/0', HUB_MON_PROJECT_NAME: 'fromenv'}
    const settings = await resolveSettings({redisUrl: 'redis://flag:1/0'}, environment, folder)
    expect(settings.redisUrl).toEqual({
      value: 'redis://flag:1/0',
      origin: {kind: 'flag', name: '--redis-url'},
    })
    expect(settings.projectName).toEqual({
      value: 'fromenv',
      origin: {kind: 'environment', name: 'HUB_MON_PROJECT_NAME'},
    })
    expect(settings.flowerUrl).toEqual({value: 'http://file:5555', origin: {kind: 'file', name: file}})
    expect(settings.timeoutSeconds).toEqual({value: 4.5, origin: {kind: 'default', name: 'default'}})
  })

  it('takes the folder of secrets from its variable, else from the file, and shows where it is', async () => {
    const file = write('production:\n  secrets: secrets\n', 'deploy/hub.yaml')
    const inFile = await resolveSettings({config: 'deploy/hub.yaml'}, alone(), folder)
    expect(inFile.production).toEqual({
      value: expect.objectContaining({secrets: path.join(folder, 'deploy', 'secrets')}),
      origin: {kind: 'file', name: file},
    })
    const named = {...alone(), HUB_SECRETS_DIR: 'elsewhere'}
    const settings = await resolveSettings({config: 'deploy/hub.yaml'}, named, folder)
    expect(describeSettings(settings).find(({key}) => key === 'production')).toEqual({
      key: 'production',
      value: expect.objectContaining({secrets: path.join(folder, 'elsewhere')}),
      origin: {kind: 'environment', name: 'HUB_SECRETS_DIR'},
    })
  })

  it('finds the file in a folder above', async () => {
    write('projectName: above\n')
    const below = path.join(folder, 'a', 'b')
    mkdirSync(below, {recursive: true})
    expect((await resolveSettings({}, alone(), below)).projectName.value).toBe('above')
  })

  it('starts relative paths where they were written', async () => {
    write('file: compose.yml\n', 'deploy/hub.yaml')
    const settings = await resolveSettings({config: 'deploy/hub.yaml'}, alone(), folder)
    expect(settings.file.value).toBe(path.join(folder, 'deploy', 'compose.yml'))
    expect((await resolveSettings({file: 'x.yml'}, alone(), folder)).file.value).toBe(
      path.join(folder, 'x.yml'),
    )
  })

  it('takes paths for the compose file from where they were written, too', async () => {
    write(
      'stack: {HUB_APP_DIR: ./shop, HUB_ENV_FILE: shop.env, HUB_CELERY_APP: shop.celery}\n',
      'deploy/hub.yaml',
    )
    const environment = {...alone(), HUB_ENV_FILE: 'mine.env', HUB_CELERY_APP: 'mine.celery', HUB_QUEUES: 'a'}
    const settings = await resolveSettings({config: 'deploy/hub.yaml'}, environment, folder)
    expect(settings.environment.value).toEqual({
      HUB_APP_DIR: path.join(folder, 'deploy/shop'),
      HUB_ENV_FILE: path.join(folder, 'mine.env'),
      HUB_CELERY_APP: 'mine.celery',
    })
  })

  it('keeps addresses that merely happen to be set apart from those that were said', async () => {
    const environment = {...alone(), CELERY_BROKER_URL: 'redis://broker/0', REDIS_URL: 'redis://cache/1'}
    const settings = await resolveSettings({}, environment, folder)
    expect(settings.redisUrl.value).toBeNull()
    expect(settings.ambientRedisUrl).toEqual({
      value: 'redis://broker/0',
      origin: {kind: 'environment', name: 'CELERY_BROKER_URL'},
    })
  })

  it('turns bounds of one queue and of all into overrides', async () => {
    write('metrics: {queue_messages: {warning: {above: 20}, only: [{queue: reports, warning: null}]}}\n')
    expect((await resolveSettings({}, alone(), folder)).bounds.value).toEqual([
      {metric: 'queue_messages', warning: {above: 20}},
      {metric: 'queue_messages', labels: {queue: 'reports'}, warning: null},
    ])
  })

  it('takes when alerts fire beside their bounds, and shows it as it was written', async () => {
    write(
      'metrics: {task_failure_ratio: {for: 2m, window: 1h, only: [{task: shop.pay, critical: {above: 0}, for: 0s}]}}\n',
    )
    const settings = await resolveSettings({}, alone(), folder)
    expect(settings.bounds.value).toEqual([
      {metric: 'task_failure_ratio', forSeconds: 120, windowSeconds: 3600},
      {metric: 'task_failure_ratio', labels: {task: 'shop.pay'}, critical: {above: 0}, forSeconds: 0},
    ])
    expect(describeSettings(settings).find(({key}) => key === 'metrics')?.value).toEqual([
      {metric: 'task_failure_ratio', for: '120s', window: '3600s'},
      {metric: 'task_failure_ratio', labels: {task: 'shop.pay'}, critical: {above: 0}, for: '0s'},
    ])
  })

  it.each([
    ['redisurl: redis://h/0', 'redisurl: is no setting of hub-mon; did you mean redisUrl?'],
    [
      'metrics: {queue_mesages: {}}',
      'metrics.queue_mesages: is no setting of hub-mon; did you mean queue_messages?',
    ],
    ['metrics: {queue_messages: {warnin: {above: 1}}}', 'did you mean warning?'],
    ['metrics: {queue_messages: {for: -1s}}', 'metrics.queue_messages.for: wants a duration'],
    ['metrics: {task_failure_ratio: {window: 0s}}', 'metrics.task_failure_ratio.window: wants at least 1s'],
    ['metrics: {queue_messages: {warning: 10}}', 'metrics.queue_messages.warning: wants {above: number}'],
    ['timeout: soon', 'timeout: wants a duration'],
    ['expected: {poolProcesses: 1.5}', 'expected.poolProcesses: wants a whole number'],
    ['stack: {lower: 1}', 'wants a variable name'],
    ['flowerAuth: nopassword', 'flowerAuth: wants user:password'],
  ])('refuses %s with path, reason and suggestion', async (text, words) => {
    const error = await refusal(text)
    expect(error.exit).toBe(78)
    expect(error.detail).toContain(words)
  })

  it('refuses broken YAML with the place', async () => {
    const error = await refusal('file: [unclosed\n')
    expect(error).toMatchObject({exit: 78, code: 'config-syntax'})
    expect(error.detail).toContain('line')
  })

  it.each(['- a list', 'just words', '42'])('refuses %s, which has no settings', async text => {
    expect(await refusal(text)).toMatchObject({exit: 78, code: 'config-invalid'})
  })

  it('refuses a file that was named and is not there', async () => {
    await expect(resolveSettings({config: 'gone.yaml'}, alone(), folder)).rejects.toMatchObject({
      exit: 78,
      code: 'config-unreadable',
    })
  })

  it('accepts the starter file, as it stands and with every line uncommented', async () => {
    write(starterFile)
    await resolveSettings({}, alone(), folder)
    const settings = starterFile
      .split('\n')
      .filter(line => /^# ( *- | *[a-zA-Z_]+:( |$))/.test(line))
      .map(line => line.slice(2))
      .filter(line => !/^(All|A) /.test(line))
    write(settings.join('\n'))
    expect((await resolveSettings({}, alone(), folder)).bounds.value).toHaveLength(4)
  })
})

describe('describeSettings', () => {
  it('masks by name what no pattern would know', async () => {
    write('flowerAuth: admin:canary-pw\nstack: {REDIS_PASSWORD: canary-pw, HUB_CONCURRENCY: 4}\n')
    const rows = describeSettings(await resolveSettings({}, alone(), folder))
    expect(JSON.stringify(rows)).not.toContain('canary-pw')
    expect(rows.find(({key}) => key === 'stack')?.value).toEqual({
      REDIS_PASSWORD: '***',
      HUB_CONCURRENCY: '4',
    })
  })
})

describe('parseDuration', () => {
  it.each([
    ['500ms', 0.5],
    ['5s', 5],
    ['2m', 120],
    ['1.5h', 5400],
    ['7', 7],
    ['5 s', null],
    ['-1s', null],
    ['1w', null],
    ['', null],
  ])('%s is %s seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })
})
