import {execFileSync} from 'node:child_process'
import {afterAll, describe, expect, it} from 'vitest'
import {Secrets} from '../../src/snapshot/secrets.ts'
import {findCompose} from '../../src/sources/compose/find-compose.ts'
import {readCompose} from '../../src/sources/compose/read-compose.ts'
import {openDocker} from '../../src/sources/docker/engine.ts'
import {readDocker} from '../../src/sources/docker/read-docker.ts'
import {TestHub} from '../services/hub.ts'

const old = {HUB_MON_COMPOSE: 'docker-compose'}
const hub = new TestHub(undefined, old)
const never = new AbortController().signal
afterAll(() => hub.remove())

describe('docker-compose v1', () => {
  it('is told by its version, and chosen by HUB_MON_COMPOSE', async () => {
    const version = execFileSync('docker-compose', ['version', '--short'], {encoding: 'utf8'}).trim()
    expect(await findCompose(never, old)).toEqual({command: ['docker-compose'], version, major: 1})
    expect(await findCompose(never, {})).toMatchObject({major: 2})
    await expect(findCompose(never, {HUB_MON_COMPOSE: 'true'})).rejects.toMatchObject({code: 'not-found'})
  })

  it('starts the hub, and nothing is to do the second time', async () => {
    const {code, stderr} = await hub.mon('up')
    expect(stderr).toMatch(/Compose: 1\.\d+\.\d+ \(docker-compose\)/)
    expect(code, stderr).toBe(0)
    expect((await hub.mon('up')).stdout).toContain('Nothing was to do')
  })

  it('has labelled it with the file and the hashes that it tells itself', async () => {
    const binary = await findCompose(never, old)
    const secrets = new Secrets()
    const engine = await openDocker()
    const {facts} = await readDocker(
      engine,
      {project: hub.project, services: {}, secrets},
      AbortSignal.timeout(5000),
    )
    const {file, project} = hub
    const environment = {FLOWER_PORT: '0', HUB_STOP_GRACE: '20s'}
    const answer = await readCompose(binary, {file, project, environment, services: {}, secrets}, never)
    const hashes = new Map(answer.value.config?.services.map(({name, configHash}) => [name, configHash]))
    expect(facts.containers).toHaveLength(3)
    for (const {service, configHash, configFiles} of facts.containers) {
      expect(configFiles).toBe(file)
      expect(configHash).toBe(hashes.get(service))
    }
  })

  it('says which file it refuses, and why', async () => {
    const binary = await findCompose(never, old)
    const query = {
      file: '/dev/null',
      project: hub.project,
      environment: {},
      services: {},
      secrets: new Secrets(),
    }
    const answer = await readCompose(binary, query, never)
    expect(answer).toMatchObject({value: {config: null}, error: {code: 'file-invalid'}})
  })

  it('restarts the worker, and takes everything down', async () => {
    expect(await hub.mon('restart', 'celery-worker')).toMatchObject({code: 0})
    expect(await hub.mon('down', '--volumes', '--yes')).toMatchObject({code: 0})
    expect([await hub.containers(), await hub.volumes()]).toEqual([[], []])
  })
})
