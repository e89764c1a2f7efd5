import {createHash} from 'node:crypto'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {findEndpoint} from '../../../../src/sources/docker/endpoint.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docker-config-'))
})
afterEach(() => rmSync(directory, {recursive: true}))

const withContext = (name: string, host: string, tls: boolean) => {
  const folder = createHash('sha256').update(name).digest('hex')
  const meta = join(directory, 'contexts', 'meta', folder)
  mkdirSync(meta, {recursive: true})
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({Name: name, Endpoints: {docker: {Host: host}}}))
  if (!tls) return
  const certificates = join(directory, 'contexts', 'tls', folder, 'docker')
  mkdirSync(certificates, {recursive: true})
  writeFileSync(join(certificates, 'ca.pem'), 'CA')
}

describe('findEndpoint', () => {
  it('takes the socket of this machine when nothing is said', async () => {
    expect(await findEndpoint({DOCKER_CONFIG: directory})).toEqual({
      kind: 'socket',
      path: expect.stringMatching(/docker\.sock$|docker_engine$/),
    })
  })

  it.each([
    ['unix:///run/x.sock', {kind: 'socket', path: '/run/x.sock'}],
    ['tcp://10.0.0.1', {kind: 'tcp', host: '10.0.0.1', port: 2375, tls: null}],
    ['tcp://[::1]:2375', {kind: 'tcp', host: '::1', port: 2375, tls: null}],
    ['engine.example.org:2376', {kind: 'tcp', host: 'engine.example.org', port: 2376, tls: {}}],
  ])('reads %s', async (host, expected) => {
    expect(await findEndpoint({DOCKER_HOST: host, DOCKER_CONFIG: directory})).toEqual(expected)
  })

  it('takes the context that the docker command line is set to, with its certificates', async () => {
    withContext('far', 'tcp://10.9.8.7:2376', true)
    writeFileSync(join(directory, 'config.json'), JSON.stringify({currentContext: 'far'}))
    const far = {kind: 'tcp', host: '10.9.8.7', port: 2376, tls: {ca: 'CA'}}
    expect(await findEndpoint({DOCKER_CONFIG: directory})).toEqual(far)
    expect(await findEndpoint({DOCKER_CONFIG: directory, DOCKER_HOST: 'unix:///x'})).toMatchObject({
      path: '/x',
    })
    expect(await findEndpoint({DOCKER_CONFIG: directory, DOCKER_CONTEXT: 'default'})).toMatchObject({
      kind: 'socket',
    })
  })

  it.each([
    [{DOCKER_HOST: 'ssh://me@there'}, /ssh -nNT -L/],
    [{DOCKER_HOST: 'tcp://'}, /is not an address/],
    [{DOCKER_CONTEXT: 'nowhere'}, /nowhere has no endpoint/],
  ])('refuses %j with a reason', async (environment, reason) => {
    const found = findEndpoint({DOCKER_CONFIG: directory, ...environment})
    await expect(found).rejects.toMatchObject({code: 'wrong-host', message: expect.stringMatching(reason)})
  })
})
