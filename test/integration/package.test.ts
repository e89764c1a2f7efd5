import {execFile} from 'node:child_process'
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {root} from '../services/hub.ts'
import {quietEnvironment} from '../services/hub-mon.ts'

const run = promisify(execFile)
let folder: string
let installed: string
let packed: string[]

/** Runs the installed command from an empty folder, with nothing of the clone in reach. */
function hubMon(...words: string[]) {
  const env = quietEnvironment({PATH: `${folder}/bin:${process.env.PATH}`, HOME: folder})
  return run('hub-mon', words, {cwd: folder, env})
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-package-'))
  // The build is the one that the other tests run; scripts would make it anew under their feet.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const {stdout} = await run('npm', pack, {cwd: root})
  const [tarball] = JSON.parse(stdout) as {filename: string; files: {path: string}[]}[]
  packed = tarball?.files.map(file => file.path) ?? []
  const install = ['install', '--global', '--prefix', folder, '--no-audit', '--no-fund', '--offline']
  await run('npm', [...install, path.join(folder, tarball?.filename ?? '')], {cwd: folder})
  installed = path.join(folder, 'lib/node_modules/hub-mon')
})
afterAll(() => rm(folder, {recursive: true}))

describe('the package', () => {
  it('brings compose file, sample hub, manifest, schemas and licences, and no sources or tests', () => {
    for (const file of [
      'bin/run.js',
      'oclif.manifest.json',
      'docker-compose.monitoring.yml',
      'docker-compose.production.yml',
      'production/Caddyfile',
      '.env',
      'hub/Dockerfile',
      'hub/app/tasks.py',
      'hub/debian-image.sh',
      'hub/from-packages.sh',
      'hub/image-options.sh',
      'hub/proxy-image.sh',
      'hub/recorder-image.sh',
      'recorder/Dockerfile',
      'recorder/hub-mon.config.yaml',
      '.dockerignore',
      'schemas/doctor@1.json',
      'docs/checks/README.md',
      'docs/checks/redis.reachable.md',
      'docs/targets.md',
      'THIRD-PARTY-LICENSES.md',
      'LICENSE',
      'README.md',
    ])
      expect(packed).toContain(file)
    expect(
      packed.filter(file => /^(src|test|scripts)\//.test(file) || /\.pyc$|__pycache__/.test(file)),
    ).toEqual([])
  })

  it('installs without a network and without other packages: no compiler, no install script', async () => {
    expect(await readdir(path.join(folder, 'lib/node_modules'))).toEqual(['hub-mon'])
    expect(await readdir(installed)).not.toContain('node_modules')
    const {scripts, dependencies} = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'))
    expect(dependencies ?? {}).toEqual({})
    expect(Object.keys(scripts).filter(name => /install/.test(name))).toEqual([])
  })

  it('lists the licence of every package in the bundle', async () => {
    const list = await readFile(path.join(installed, 'THIRD-PARTY-LICENSES.md'), 'utf8')
    const bundled = JSON.parse(await readFile(path.join(installed, 'dist/bundled.json'), 'utf8')) as string[]
    expect(bundled).toContain('ioredis')
    for (const name of bundled) expect(list).toContain(`## ${name} `)
  })

  it('runs outside the clone', async () => {
    expect((await hubMon('--version')).stdout).toMatch(/^hub-mon\/\d+\.\d+\.\d+ /)
    expect((await hubMon('--help')).stdout).toContain('doctor')
    expect((await hubMon('explain', 'redis.writable')).stdout).toContain('How to cure')
    expect((await hubMon('completion', 'bash')).stdout).toContain('redis.writable')
    const snapshot = path.join(root, 'test/fixtures/snapshots/healthy.json')
    expect((await hubMon('doctor', '--from', snapshot)).stdout).toContain('ok')
    expect((await hubMon('stats', '--saved', snapshot)).stdout).toContain('Success rate')
  })

  it('finds the compose file that it brings', async () => {
    const {stdout, stderr} = await hubMon('up', '--dry-run', '--project-name', `t-package-${process.pid}`)
    expect(`${stdout}${stderr}`).toContain(path.join(installed, 'docker-compose.monitoring.yml'))
  })
})
