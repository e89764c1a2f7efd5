import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {type ProductionWishes, usualProduction} from '../../../../src/config/production/production.ts'
import {type FlagValues, resolveSettings} from '../../../../src/config/resolve.ts'
import type {Container} from '../../../../src/snapshot/docker.ts'
import type {FoundProject} from '../../../../src/sources/docker/projects.ts'
import {locate} from '../../../../src/sources/target/locate.ts'
import {forget, remember} from '../../../../src/sources/target/remembered.ts'
import {startedFromOther} from '../../../../src/sources/target/started-from.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-target-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

const bundledFile = '/opt/hub-mon/docker-compose.monitoring.yml'

function write(name: string, text = 'services: {worker: {command: celery worker}}\n'): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), {recursive: true})
  writeFileSync(file, text)
  return file
}

const running = (name: string): FoundProject => ({
  name,
  running: true,
  configFiles: `/srv/${name}/compose.yml`,
  workingDir: `/srv/${name}`,
  services: ['worker'],
})

async function find(
  flags: FlagValues = {},
  {
    environment = {},
    projects = [] as FoundProject[],
    acting = false,
    directory = folder,
    production = null as ProductionWishes | null,
  } = {},
) {
  const nowhere = path.join(folder, 'nowhere')
  const variables = {XDG_CONFIG_HOME: nowhere, XDG_STATE_HOME: nowhere, ...environment}
  const settings = await resolveSettings(flags, variables, directory)
  return locate(settings, {
    directory,
    environment: variables,
    bundledFile,
    acting,
    production,
    projects: async () => projects,
  })
}

describe('locate', () => {
  it('takes the file that was said, and refuses one that is not there', async () => {
    const file = write('deploy/other.yml')
    expect((await find({file})).target).toMatchObject({how: 'flags', composeFile: file, project: 'deploy'})
    await expect(find({file: 'gone.yml'})).rejects.toMatchObject({exit: 64, code: 'no-such-file'})
  })

  it('finds docker-compose.monitoring.yml here, in hub/ and above', async () => {
    const file = write('hub/docker-compose.monitoring.yml')
    mkdirSync(path.join(folder, 'a/b'), {recursive: true})
    const {target} = await find({}, {directory: path.join(folder, 'a/b')})
    expect(target).toMatchObject({how: 'compose-file', composeFile: file, project: 'hub'})
  })

  it('takes an ordinary compose file when it speaks of Celery, and only then', async () => {
    write('compose.yml', 'services: {web: {image: nginx}}\n')
    expect((await find()).target.how).toBe('bundled')
    const file = write('docker-compose.yml')
    expect((await find()).target.composeFile).toBe(file)
  })

  it('names the project as Compose would: variable, .env, name:, folder', async () => {
    const file = write('My Stack/compose.yml')
    expect((await find({file})).target.project).toBe('mystack')
    write('My Stack/compose.yml', 'name: named\nservices: {}\n')
    expect((await find({file})).target.project).toBe('named')
    write('My Stack/.env', 'COMPOSE_PROJECT_NAME=dotenv\n')
    expect((await find({file})).target.project).toBe('dotenv')
    const environment = {COMPOSE_PROJECT_NAME: 'variable'}
    expect((await find({file}, {environment})).target.project).toBe('variable')
    expect((await find({file, projectName: 'flag'}, {environment})).target.project).toBe('flag')
  })

  it('takes a project that was named with the file that it runs from, whatever lies here', async () => {
    const file = write('docker-compose.monitoring.yml', 'name: mine\nservices: {}\n')
    const projects = [running('shop')]
    expect((await find({projectName: 'shop'}, {projects})).target).toMatchObject({
      project: 'shop',
      composeFile: '/srv/shop/compose.yml',
    })
    expect((await find({projectName: 'mine'}, {projects})).target.composeFile).toBe(file)
    expect((await find({projectName: 'new'}, {projects})).target).toMatchObject({
      project: 'new',
      composeFile: file,
    })
  })

  it('falls back to the one running hub, and asks which when there are several', async () => {
    expect((await find({}, {projects: [running('shop')]})).target).toMatchObject({
      how: 'running-project',
      project: 'shop',
      composeFile: '/srv/shop/compose.yml',
    })
    await expect(find({}, {projects: [running('a'), running('b')]})).rejects.toMatchObject({
      exit: 64,
      suggestions: ['--project-name a', '--project-name b'],
    })
  })

  it('looks at addresses that happen to be set when there is no stack, and never acts on them', async () => {
    const environment = {CELERY_BROKER_URL: 'redis://:pw@broker:6379/0', FLOWER_URL: 'http://flower'}
    const reading = await find({}, {environment})
    expect(reading).toMatchObject({redisUrl: environment.CELERY_BROKER_URL, flowerUrl: 'http://flower'})
    expect(reading.target).toMatchObject({kind: 'urls', project: null})
    const acting = await find({}, {environment, acting: true})
    expect(acting).toMatchObject({redisUrl: null, target: {how: 'bundled', composeFile: bundledFile}})
    write('docker-compose.monitoring.yml')
    expect((await find({projectName: 'hub'}, {environment})).redisUrl).toBeNull()
  })

  it('is a hub without Compose when an address is said and no project runs from here', async () => {
    write('docker-compose.monitoring.yml')
    const redisUrl = 'redis://10.0.0.5/0'
    expect((await find({redisUrl})).target.kind).toBe('urls')
    const project = path.basename(folder).toLowerCase()
    expect((await find({redisUrl}, {projects: [running(project)]})).target.kind).toBe('compose')
  })

  it('repeats what was typed for the next command, but no password', async () => {
    const redisUrl = 'redis://user:canary@h:1/0'
    const {target} = await find({redisUrl, flowerUrl: 'http://f'})
    expect(target.flags).toEqual([
      '--redis-url',
      'redis://user:$REDIS_PASSWORD@h:1/0',
      '--flower-url',
      'http://f',
    ])
    const several = 'sentinel://:canary@h1:1;sentinel://:canary@h2/3?master_name=a&sentinel_password=canary'
    expect((await find({redisUrl: several})).target.flags[1]).toBe(
      'sentinel://:$REDIS_PASSWORD@h1:1;sentinel://:$REDIS_PASSWORD@h2/3?master_name=a&sentinel_password=$SENTINEL_PASSWORD',
    )
    const {target: quiet} = await find({}, {environment: {HUB_MON_REDIS_URL: redisUrl}})
    expect(quiet.flags).toEqual([])
    expect([target.redisFrom, quiet.redisFrom]).toEqual(['--redis-url', 'HUB_MON_REDIS_URL'])
    expect((await find()).target).not.toHaveProperty('redisFrom')
  })
})

describe('startedFromOther', () => {
  const container = (configFiles: string | null) => [{configFiles}] as unknown as Container[]

  it('names the other file, and sees through links', async () => {
    const file = write('docker-compose.monitoring.yml')
    const {target} = await find()
    expect(await startedFromOther(target, container(file))).toBeNull()
    expect(await startedFromOther(target, container('/srv/other/compose.yml'))).toBe('/srv/other/compose.yml')
    expect(await startedFromOther(target, container(null))).toBeNull()
  })
})

describe('a project in production', () => {
  const state = () => ({XDG_STATE_HOME: path.join(folder, 'state')})

  it('takes the production file beside the one that is here when it is wanted, and says where there is none', async () => {
    write('docker-compose.monitoring.yml')
    await expect(find({}, {production: {}})).rejects.toMatchObject({exit: 64, code: 'no-production-file'})
    const file = write('docker-compose.production.yml')
    const {target, production} = await find({}, {production: {allow: ['10.0.0.0/8']}})
    expect(target.composeFile).toBe(file)
    expect(production).toMatchObject({known: false, how: {allow: ['10.0.0.0/8'], site: 'localhost'}})
  })

  it('stays in production without being told again, allow list included, until it is forgotten', async () => {
    write('docker-compose.monitoring.yml')
    const file = write('docker-compose.production.yml')
    const environment = state()
    const how = {...usualProduction, site: 'hub.example.com', allow: ['10.0.0.0/8']}
    await remember('hub', {file, secrets: '/srv/secrets', production: how}, environment)
    const plain = await find({projectName: 'hub'}, {environment})
    expect(plain.target.composeFile).toBe(file)
    expect(plain.production).toEqual({known: true, secrets: '/srv/secrets', how})
    const more = await find({projectName: 'hub'}, {environment, production: {site: 'other.example.com'}})
    expect(more.production?.how).toMatchObject({site: 'other.example.com', allow: ['10.0.0.0/8']})
    await forget('hub', environment)
    expect((await find({projectName: 'hub'}, {environment})).production).toBeNull()
  })

  it('is no other project, and another stack of the same name is not taken for it', async () => {
    write('docker-compose.monitoring.yml')
    write('docker-compose.production.yml')
    const environment = state()
    await remember(
      'hub',
      {file: '/elsewhere/docker-compose.production.yml', secrets: '/s', production: {}},
      environment,
    )
    expect((await find({projectName: 'hub'}, {environment})).production).toBeNull()
    expect((await find({projectName: 'other'}, {environment})).production).toBeNull()
  })

  it('goes by the configuration, and by the command line before it', async () => {
    write('docker-compose.monitoring.yml')
    write('docker-compose.production.yml')
    const config = write(
      'hub-mon.config.yaml',
      'production:\n  site: a.example.com\n  allow: ["2001:db8::/32"]\n  certificate: {certificate: a.pem, key: a.key}\n  secrets: s\n',
    )
    const {production} = await find({config}, {production: {site: 'b.example.com'}})
    expect(production).toMatchObject({
      secrets: path.join(folder, 's'),
      how: {
        site: 'b.example.com',
        allow: ['2001:db8::/32'],
        certificate: {by: 'own', certificate: path.join(folder, 'a.pem'), key: path.join(folder, 'a.key')},
      },
    })
  })

  it('refuses what it wrote down and cannot read any more: an allow list must not vanish', async () => {
    write('docker-compose.monitoring.yml')
    write('state/hub-mon/production/hub.json', '{"schema": "hub-mon/production@1", "file": "/x"}')
    await expect(find({projectName: 'hub'}, {environment: state()})).rejects.toMatchObject({
      exit: 78,
      code: 'bad-production',
    })
  })
})
