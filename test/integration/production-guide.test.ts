import {execFile} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {docker, root, until} from '../services/hub.ts'
import {ProductionHub} from '../services/production-hub.ts'

// Every command of the guide is typed here, in its order, in a shell of somebody who has nothing but hub-mon and the guide. What is put in
// its place: the project's name, where it is published, and an ACME authority of the test's own.
const run = promisify(execFile)
const page = await readFile(path.join(root, 'docs/production.md'), 'utf8')
const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

let hub: ProductionHub
let home: string
let environment: NodeJS.ProcessEnv
const authority = () => `${hub.project}-acme`

beforeAll(async () => {
  hub = await ProductionHub.make()
  home = await mkdtemp(path.join(tmpdir(), 'hub-mon-guide-'))
  const bin = path.join(home, 'bin')
  await mkdir(bin)
  const programs = {
    'hub-mon': `exec ${process.execPath} ${path.join(root, 'bin/run.js')} "$@"`,
    // Whatever name is asked for, the hub is where the test has published it.
    curl: `PATH=${process.env.PATH} exec curl --connect-to ::${hub.lan.here}: "$@"`,
  }
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(path.join(bin, name), `#!/bin/sh\n${line}\n`)
    await chmod(path.join(bin, name), 0o755)
  }
  const config = [
    `projectName: ${hub.project}`,
    `production: {bind: ${hub.lan.here}}`,
    'stack: {HUB_ACME_CA: https://acme.test/acme/local/directory, HUB_ACME_ROOT: /data/acme-root.pem}',
  ]
  await writeFile(path.join(home, 'hub-mon.config.yaml'), `${config.join('\n')}\n`)
  const pair = ['-keyout', path.join(home, 'hub.key'), '-out', path.join(home, 'hub.pem')]
  const subject = ['-subj', '/CN=hub.example.com', '-addext', 'subjectAltName=DNS:hub.example.com']
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', ...subject, ...pair])
  const {XDG_STATE_HOME: _unset, ...own} = hub.environment
  environment = {...own, HOME: home, PATH: `${bin}:${process.env.PATH}`}
})
afterAll(async () => {
  if (hub === undefined) return
  await docker('rm', '--force', authority()).catch(() => {})
  await hub.remove()
  await rm(home, {recursive: true, force: true})
})

async function type(line: string): Promise<{code: number; output: string}> {
  const typed = line.replaceAll('/secrets/hub/', `/secrets/${hub.project}/`)
  const options = {cwd: home, env: environment, timeout: 110_000}
  return run('sh', ['-c', typed], options).then(
    ({stdout, stderr}) => ({code: 0, output: stdout + stderr}),
    (error: {code?: number; stdout: string; stderr: string}) => ({
      code: error.code ?? -1,
      output: error.stdout + error.stderr,
    }),
  )
}

/** Caddy can be the authority, too: it hands out a certificate to whoever proves to have the name. */
async function startAuthority(): Promise<void> {
  const folder = path.join(home, 'acme')
  await mkdir(folder)
  const config =
    '{\n\tadmin off\n\tskip_install_trust\n}\nhttps://acme.test {\n\ttls internal\n\tacme_server\n}\n'
  await writeFile(path.join(folder, 'Caddyfile'), config)
  const where = [
    '--network',
    `${hub.project}_edge`,
    '--network-alias',
    'acme.test',
    '--add-host',
    `hub.example.com:${hub.lan.here}`,
  ]
  await docker(
    'run',
    '--detach',
    '--name',
    authority(),
    ...where,
    '--volume',
    `${folder}:/etc/caddy:ro`,
    'caddy:2-alpine',
  )
  const own = '/data/caddy/pki/authorities/local/root.crt'
  const rootOf = () => docker('exec', authority(), 'cat', own).catch(() => '')
  await until('the authority is there', 20, async () => (await rootOf()).includes('BEGIN CERTIFICATE'))
  const data = path.join(home, '.local/state/hub-mon/secrets', hub.project, 'proxy-data')
  await writeFile(path.join(data, 'acme-root.pem'), await rootOf())
  await chmod(path.join(data, 'acme-root.pem'), 0o644)
}

describe('the guide to production', () => {
  it('has commands', () => {
    expect(commands.length).toBeGreaterThan(4)
    expect(commands.every(line => /^(hub-mon|cat|curl) /.test(line))).toBe(true)
  })

  it.each(commands.map((line, place) => [line, place] as const))('%s', async (line, place) => {
    if (line.includes('ops@example.com')) await startAuthority()
    const {code, output} = await type(line)
    // A certificate that only the test's authority vouches for is a warning, and the one thing that is.
    const mostly = line.startsWith('hub-mon doctor') ? [0, 1] : [0]
    expect(mostly, output).toContain(code)
    if (line.startsWith('hub-mon doctor'))
      expect(output.match(/^(! warning|✗ critical) +\S+/gm) ?? []).toEqual(
        code === 0 ? [] : [expect.stringContaining('security.certificate')],
      )
    if (line.startsWith('cat ')) expect(output).toMatch(/^\w+:[\w-]{43}\n$/)
    if (line.startsWith('curl ')) expect(output).toMatch(/<html/i)
    if (place === 0) expect(output).toContain('https://localhost/')
    if (line.includes('ops@example.com')) {
      const asked = `openssl s_client -connect ${hub.lan.here}:443 -servername hub.example.com </dev/null 2>/dev/null`
      const {stdout} = await run('sh', ['-c', `${asked} | openssl x509 -noout -ext subjectAltName`])
      expect(stdout).toContain('DNS:hub.example.com')
      const accounts = path.join(home, '.local/state/hub-mon/secrets', hub.project, 'proxy-data/caddy/acme')
      expect((await run('ls', [accounts])).stdout).toContain('acme.test')
    }
  })
})
