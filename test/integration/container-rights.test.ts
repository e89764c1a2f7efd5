import {randomBytes} from 'node:crypto'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {knownDefault} from '../../src/secrets/known-defaults.ts'
import {Secrets} from '../../src/snapshot/secrets.ts'
import {type Engine, openDocker} from '../../src/sources/docker/engine.ts'
import {fileIn} from '../../src/sources/docker/file-in.ts'
import {readDocker} from '../../src/sources/docker/read-docker.ts'
import {docker} from '../services/hub.ts'

const never = new AbortController().signal
const project = `t-rights-${randomBytes(3).toString('hex')}`
const canary = `canary-${randomBytes(8).toString('hex')}`
const image = 'hub-mon/hub:0.1'

/** A container of the project that does nothing; `create` does not even start it. */
async function make(how: 'run' | 'create', service: string, ...options: string[]): Promise<void> {
  const at = options.indexOf('--')
  const [own, command] = at < 0 ? [options, []] : [options.slice(0, at), options.slice(at + 1)]
  await docker(
    ...[how, ...(how === 'run' ? ['--detach'] : []), '--name', `${project}-${service}`, ...own],
    ...['--label', `com.docker.compose.project=${project}`],
    ...['--label', `com.docker.compose.service=${service}`],
    ...[image, ...(command.length > 0 ? command : ['sleep', '300'])],
  )
}

let engine: Engine
beforeAll(async () => {
  engine = await openDocker()
  await Promise.all([
    make(
      'run',
      'careful',
      '--user',
      '1234',
      '--read-only',
      '--cap-drop',
      'ALL',
      '-e',
      'URL_FILE=/run/secrets/url',
    ),
    // Not everywhere may an engine start such a thing.
    make(
      'create',
      'careless',
      ...['--user', '0', '--privileged', '--volume', '/var/run/docker.sock:/docker.sock:ro'],
      ...['--env', `API_TOKEN=${canary}`, '--env', 'BROKER=redis://:secure_password_here@redis:6379/0'],
      ...['--label', 'org.hub-mon.site=hub.example.test', '--label', 'org.hub-mon.allow=10.0.0.0/8 ::1'],
      ...['--', 'sh', '-c', `sleep 300; : --requirepass ${canary}`],
    ),
    // Begins as root and steps down, as the images of Redis do.
    make('run', 'steps-down', '--user', '0', '--cap-add', 'CHOWN', ...['--', ...stepDown]),
  ])
})
afterAll(async () => {
  const names = ['careful', 'careless', 'steps-down'].map(service => `${project}-${service}`)
  await docker('rm', '--force', ...names)
})

const stepDown = ['python3', '-c', 'import os, time; os.setgid(999); os.setuid(999); time.sleep(300)']

async function rightsOf() {
  const isKnownDefault = (password: string) => knownDefault(password)?.kind === 'known'
  const query = {project, services: {}, secrets: new Secrets(), isKnownDefault}
  const {facts} = await readDocker(engine, query, never)
  expect(JSON.stringify(facts)).not.toMatch(new RegExp(`${canary}|secure_password_here`))
  return new Map(facts.containers.map(container => [container.service, container]))
}

describe('what a container may do', () => {
  it('is little, where care was taken', async () => {
    expect((await rightsOf()).get('careful')).toMatchObject({
      rights: {
        ...{user: {name: '1234', root: false}, privileged: false, capAdd: [], readOnlyRoot: true},
        ...{dockerSocket: false, credentialVariables: [], credentialInCommand: false, knownDefaults: []},
        gateways: [expect.stringMatching(/^[\d.]+$/)],
      },
    })
  })

  it('is much, where none was taken', async () => {
    expect((await rightsOf()).get('careless')).toMatchObject({
      rights: {
        ...{user: {name: '0', root: true}, privileged: true, readOnlyRoot: false, dockerSocket: true},
        ...{credentialVariables: ['API_TOKEN', 'BROKER'], credentialInCommand: true},
        knownDefaults: ['BROKER'],
      },
      production: {site: 'hub.example.test', allow: ['10.0.0.0/8', '::1'], secrets: null, prefix: null},
    })
  })

  it('is that of the user it has stepped down to', async () => {
    const found = (await rightsOf()).get('steps-down')
    expect(found?.rights).toMatchObject({user: {name: '0', root: false}, capAdd: ['CHOWN']})
    expect(found?.production).toBeUndefined()
  })
})

describe('a file of a container', () => {
  it.each([
    ['that is there', '/etc/passwd', /^root:/],
    ['that is not there', '/etc/nothing', null],
    ['that is a folder', '/etc/apt', null],
    ['that is too large', '/usr/bin/python3', null],
  ])('%s', async (_what, path, expected) => {
    const text = await fileIn(engine, `${project}-careful`, path, never)
    if (expected === null) expect(text).toBeNull()
    else expect(text).toMatch(expected)
  })

  it('of a container that is not there', async () => {
    expect(await fileIn(engine, `${project}-nobody`, '/etc/passwd', never)).toBeNull()
  })
})
