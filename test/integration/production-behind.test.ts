import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type FrontProxy, startFrontProxy} from '../services/front-proxy.ts'
import {docker} from '../services/hub.ts'
import {newerProxy} from '../services/newer-debian.ts'
import type {Finding} from '../services/operator.ts'
import {ProductionHub} from '../services/production-hub.ts'

// What is pulled from a registry is newer than Debian 12's: the same files must do with both, and only the newer trusts another proxy.
const image = await newerProxy()

describe.skipIf(image === null)('behind another proxy (needs Caddy 2.8 or later)', () => {
  let hub: ProductionHub
  let front: FrontProxy
  let login: string[]
  beforeAll(async () => {
    hub = await ProductionHub.make({HUB_PROXY_IMAGE: image ?? ''})
    const {lan} = hub
    const up = await hub.produce('--trusted-proxy', lan.front, '--allow', lan.near, '--allow', lan.here)
    expect(up.code, up.stderr).toBe(0)
    login = ['--user', await hub.secret('login')]
    front = await startFrontProxy(lan, 'localhost')
  })
  afterAll(async () => {
    await front?.stop()
    await hub?.remove()
  })

  const saying = (address: string) => ['--header', `X-Forwarded-For: ${address}`]
  const direct = async (from: string, ...words: string[]) =>
    (await hub.lan.ask(from, 'https://localhost/metrics', ...login, ...words)).status
  const through = async (from: string, ...words: string[]) =>
    (await front.ask(from, '/metrics', ...login, ...words)).status
  const wrong = async () => {
    const {stdout} = await hub.mon('doctor', '--only', 'security', '--json')
    const findings: Finding[] = JSON.parse(stdout).data.findings
    const own = findings.filter(({check}) => check.startsWith('security.'))
    expect(own).toHaveLength(13)
    return own.filter(({status}) => status !== 'pass').map(({check, message}) => [check, message])
  }

  it('runs with a Caddy that can', async () => {
    const version = await docker('exec', hub.container('proxy'), 'caddy', 'version')
    expect(version).toMatch(/^v?2\.(8|9|[1-9]\d)\./)
    // An error in its log is a certificate or a setting that it has not got.
    const {stderr} = await promisify(execFile)('docker', ['logs', hub.container('proxy')])
    expect(stderr).toContain('"level":"info"')
    expect(stderr).not.toMatch(/"level":"(error|fatal)"/)
  })

  it('believes that one of the client, and lets in who is on the list', async () => {
    const {near, far} = hub.lan
    expect(await through(near)).toBe(200)
    expect(await through(far)).toBe(403)
    expect((await front.ask(near, '/metrics')).status).toBe(401)
    expect((await front.ask(near, '/.well-known/hub-mon')).body).toContain(`"client": "${near}"`)
  })

  it('believes nothing that a client says through it', async () => {
    const {near, far, here} = hub.lan
    for (const claim of [near, here, `${near}, ${near}`, `${near}, ${hub.lan.front}`])
      expect([claim, await through(far, ...saying(claim))]).toEqual([claim, 403])
    expect(await through(near, ...saying(far))).toBe(200)
  })

  it('believes nobody else, and itself only what it says of others', async () => {
    const {near, far} = hub.lan
    expect(await direct(far, ...saying(near))).toBe(403)
    expect(await direct(near, ...saying(far))).toBe(200)
    expect(await direct(hub.lan.front)).toBe(403)
    expect(await direct(hub.lan.front, ...saying(near))).toBe(200)
  })

  it('is safe, says doctor; stays so, says up', async () => {
    expect(await wrong()).toEqual([])
    expect((await hub.mon('up')).stdout).toMatch(/^Nothing was to do/)
    expect(await through(hub.lan.far)).toBe(403)
  })
})
