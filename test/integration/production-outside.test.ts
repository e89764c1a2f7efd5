import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Authority, type Identity, makeAuthority, selfSigned} from '../services/authority.ts'
import {docker, until} from '../services/hub.ts'
import type {Finding} from '../services/operator.ts'
import {ProductionHub} from '../services/production-hub.ts'

const run = promisify(execFile)
const site = 'hub.example.test'

let hub: ProductionHub
let folder: string
let authority: Authority
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-production-outside-'))
  authority = await makeAuthority()
  hub = await ProductionHub.make({NODE_EXTRA_CA_CERTS: authority.file})
  const up = await withCertificate(await authority.issue([site]), '--site', site, '--allow', hub.lan.here)
  expect(up.code, up.stderr).toBe(0)
})
afterAll(async () => {
  await hub?.remove()
  await authority?.remove()
  await rm(folder, {recursive: true, force: true})
})

/** `up --production` with this certificate, and what more there is to say. */
async function withCertificate({cert, key}: Identity, ...words: string[]) {
  const files = [path.join(folder, 'hub.pem'), path.join(folder, 'hub.key')] as const
  await Promise.all([writeFile(files[0], cert), writeFile(files[1], key, {mode: 0o600})])
  return await hub.produce('--certificate', files[0], '--key', files[1], ...words)
}

/** What doctor says of safety, by the check's own name. */
async function security(...words: string[]): Promise<Record<string, Finding>> {
  const {stdout, stderr} = await hub.mon('doctor', '--only', 'security', '--json', ...words)
  expect(stderr).toBe('')
  const findings: Finding[] = JSON.parse(stdout).data.findings
  return Object.fromEntries(
    findings
      .filter(({check}) => check.startsWith('security.'))
      .map(finding => [finding.check.replace('security.', ''), finding]),
  )
}

const wrongIn = (findings: Record<string, Finding>) =>
  Object.values(findings).filter(({status}) => status !== 'pass')

describe('doctor, of a hub in production', () => {
  it('finds nothing to say of its safety, having asked for all of it', async () => {
    const findings = await security()
    expect(wrongIn(findings)).toEqual([])
    expect(Object.keys(findings)).toHaveLength(13)
    expect(findings.certificate?.message).toMatch(new RegExp(`^for ${site}, 8\\d days left$`))
    expect(findings['allow-list']?.message).toBe(`${hub.lan.here} may ask`)
    expect(findings['asks-first']?.message).toBe(`https://${hub.lan.here}:443: 401 without a password`)
    expect(findings['least-rights']?.message).toBe(
      'hub-mon-ask writes where replies are put, and nowhere else',
    )
  })

  it('finds that it writes nothing at all with --passive', async () => {
    const findings = await security('--passive')
    expect(wrongIn(findings)).toEqual([])
    expect(findings['least-rights']?.message).toBe('hub-mon-passive writes nothing')
  })

  it('finds old TLS refused, as OpenSSL does', async () => {
    const shakeHands = (version: string) =>
      run('sh', [
        ...[
          '-c',
          'openssl s_client -connect "$1" -servername "$2" "$3" -cipher DEFAULT@SECLEVEL=0 </dev/null',
        ],
        ...['sh', `${hub.lan.here}:443`, site, version],
      ])
    for (const version of ['-tls1', '-tls1_1'])
      await expect(shakeHands(version)).rejects.toThrow(/alert protocol version/)
    expect((await shakeHands('-tls1_2')).stdout).toMatch(/TLSv1\.2, Cipher is ECDHE/)
    expect((await security())['tls-versions']?.status).toBe('pass')
  })

  it('is not let in by a list that has others alone, and says so', async () => {
    const {code, stderr} = await hub.produce('--allow', hub.lan.near)
    expect(code, stderr).toBe(0)
    const findings = await security()
    expect(findings['allow-list']).toMatchObject({status: 'pass', message: `${hub.lan.here} is turned away`})
    // From here nobody is asked for a password: that cannot be told.
    expect(findings['asks-first']).toMatchObject({
      ...{status: 'skipped', message: expect.stringContaining('turns this machine away (403)')},
    })
    const login = ['--user', await hub.secret('login')]
    const {near, far} = hub.lan
    expect((await hub.lan.ask(near, `https://${site}/metrics`, ...login)).status).toBe(200)
    expect((await hub.lan.ask(far, `https://${site}/metrics`, ...login)).status).toBe(403)
    expect((await hub.produce('--allow', hub.lan.here)).code).toBe(0)
  })
})

describe('doctor names a certificate', () => {
  const told = async (identity: Identity, environment: Record<string, string> = {}) => {
    await withCertificate(identity, '--no-wait')
    Object.assign(hub.environment, environment)
    // The proxy is made anew, and takes a moment.
    for (let tries = 0; ; tries += 1) {
      const {certificate} = await security()
      if (certificate !== undefined && (certificate.status !== 'skipped' || tries > 20)) return certificate
      await new Promise(resolve => setTimeout(resolve, 500))
    }
  }

  it('that lasts for 20 days, and for 2', async () => {
    expect(await told(await authority.issue([site], {from: -80, to: 20}))).toMatchObject({
      ...{status: 'warning', message: `https://${hub.lan.here}:443: the certificate expires in 19 days`},
    })
    expect(await told(await authority.issue([site], {from: -80, to: 2.5}))).toMatchObject({
      ...{status: 'critical', message: `https://${hub.lan.here}:443: the certificate expires in 2 days`},
    })
  })

  it('that is of an authority that nobody knows', async () => {
    expect(await told(await selfSigned(site))).toMatchObject({
      ...{status: 'warning', message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT')},
    })
  })

  /** Past what `up` takes: as it becomes by itself, or by somebody's hand. */
  const placed = async (identity: Identity) => {
    for (const [name, text] of [
      ['tls_cert', identity.cert],
      ['tls_key', identity.key],
    ] as const)
      await writeFile(path.join(hub.secretsFolder, name), text)
    await docker('restart', hub.container('proxy'))
    for (let tries = 0; ; tries += 1) {
      const {certificate} = await security()
      if (certificate !== undefined && (certificate.status !== 'skipped' || tries > 20)) return certificate
      await new Promise(resolve => setTimeout(resolve, 500))
    }
  }

  it('that has expired', async () => {
    expect(await placed(await authority.issue([site], {from: -90, to: -3}))).toMatchObject({
      ...{status: 'critical', message: `https://${hub.lan.here}:443: the certificate has expired 3 days ago`},
    })
  })

  it('that is for another name', async () => {
    expect(await placed(await authority.issue(['elsewhere.example.test']))).toMatchObject({
      status: 'critical',
      message: expect.stringMatching(/is for elsewhere\.example\.test, not for hub\.example\.test|refused/),
    })
  })

  it('that is well again, once another one was given', async () => {
    expect(await told(await authority.issue([site]))).toMatchObject({status: 'pass'})
  })
})

describe('a certificate of the proxy’s own authority', () => {
  it('is known as that, also with the half day that it lives', async () => {
    const {code, stderr} = await hub.produce('--certificate', 'internal', '--site', 'localhost')
    expect(code, stderr).toBe(0)
    expect((await security()).certificate).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(/^for localhost, by the hub's own authority, 1[12] h/),
    })
  })
})

describe('doctor names what leads around the proxy', () => {
  it.each([
    ['flower', ['celery', '-A', 'app.celery_app', 'flower', '--port=5555'], 5555],
    ['redis', ['redis-server', '--protected-mode', 'no'], 6379],
  ] as const)('to a %s', async (service, command, port) => {
    const name = `${hub.project}-beside`
    const image = service === 'redis' ? 'redis:7-alpine' : (hub.environment.HUB_FLOWER_IMAGE ?? '')
    await docker(
      ...['run', '--detach', '--name', name, '--publish', `${hub.lan.here}::${port}`],
      ...['--label', `com.docker.compose.project=${hub.project}`],
      ...['--label', `com.docker.compose.service=${service}-beside`, image, ...command],
    )
    try {
      let findings: Record<string, Finding> = {}
      const shown = () => findings[service === 'redis' ? 'redis-password' : 'asks-first']
      await until('it answers', 20, async () => {
        findings = await security()
        return shown()?.status === 'critical'
      })
      expect(findings['around-the-proxy']).toMatchObject({
        status: 'critical',
        message: expect.stringMatching(
          new RegExp(`${service}-beside is published on ${hub.lan.here}:\\d+: around`),
        ),
      })
      expect(shown()?.becauseOf).toBe('security.around-the-proxy')
    } finally {
      await docker('rm', '--force', name)
    }
  })
})
