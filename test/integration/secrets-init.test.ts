import {execFileSync} from 'node:child_process'
import {chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {parseAclFile} from '../../src/redis-users/acl-file.ts'
import {secretFiles} from '../../src/secrets/files.ts'
import {composeFile, docker, root} from '../services/hub.ts'
import {hubMon, quietEnvironment} from '../services/hub-mon.ts'
import {complaints} from '../services/schemas.ts'

/** Of `nobody`: of no service. */
const operator = 65_534

let base: string
let home: string
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'hub-mon-secrets-'))
  home = path.join(base, 'home')
  mkdirSync(home)
  chownSync(base, operator, operator)
  chownSync(home, operator, operator)
})
afterEach(() => rmSync(base, {recursive: true}))

const environment = (extra: Record<string, string> = {}) =>
  quietEnvironment({HOME: home, XDG_STATE_HOME: home, ...extra})
const folder = () => path.join(home, 'hub-mon', 'secrets', 't-secrets')
const asRoot = (...words: string[]) =>
  hubMon(['secrets', 'init', '--project-name', 't-secrets', ...words], {cwd: base, env: environment()})

/** As somebody who is not root; in the group of the engine's socket, or not. */
function asOperator(
  words: readonly string[],
  group: number,
  extra: Record<string, string> = {},
  name = 'init',
) {
  const command = [process.execPath, path.join(root, 'bin/run.js'), 'secrets', name, ...words]
  const as = [`--reuid=${operator}`, `--regid=${operator}`, `--groups=${group}`]
  try {
    const stdout = execFileSync('setpriv', [...as, ...command, '--project-name', 't-secrets'], {
      cwd: home,
      env: environment(extra),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return {code: 0, stdout, stderr: ''}
  } catch (error) {
    const {status, stdout, stderr} = error as {status: number; stdout: string; stderr: string}
    return {code: status, stdout, stderr}
  }
}
const engineGroup = () => statSync('/var/run/docker.sock').gid
const containers = async () => await docker('ps', '-aq', '--filter', 'label=org.hub-mon.does')

describe('secrets init', () => {
  it('says the folder and where the login stands, and prints no password', async () => {
    const {code, stdout, stderr} = await asRoot()
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toBe(
      `Made ${secretFiles.length + 1} files in ${folder()}.\nThe user and the password for the browser stand in ${folder()}/login.\n`,
    )
    const again = await asRoot('--json')
    const document = JSON.parse(again.stdout)
    expect(complaints('secrets-init@1', document)).toEqual([])
    expect(document.data).toMatchObject({folder: folder(), made: [], changed: [], login: `${folder()}/login`})
    for (const {name} of secretFiles) {
      const secret = readFileSync(path.join(folder(), name), 'utf8').trim().split(/[:@ ]/).at(-1) ?? ''
      if (secret.length > 30 && !secret.includes('/')) expect(stdout + again.stdout).not.toContain(secret)
    }
  })

  it('hands files over by a container where we are no root, and leaves nothing of it', async () => {
    const {code, stdout, stderr} = asOperator([], engineGroup())
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toContain(`Made ${secretFiles.length + 1} files in `)
    for (const {name, mode, uid} of secretFiles) {
      const found = statSync(path.join(folder(), name))
      expect([name, found.mode & 0o777, found.uid]).toEqual([name, mode, uid === 'operator' ? operator : uid])
    }
    expect(statSync(path.join(folder(), 'proxy-data')).uid).toBe(1001)
    expect(await containers()).toBe('')
    // What is missing is made of what the services' files know, which takes a container to read as well.
    const before = readFileSync(path.join(folder(), 'worker_broker_url'), 'utf8')
    rmSync(path.join(folder(), 'worker_broker_url'))
    expect(asOperator([], engineGroup()).stdout).toMatch(/^Made 1 file /)
    expect(readFileSync(path.join(folder(), 'worker_broker_url'), 'utf8')).toBe(before)
    expect(asOperator([], engineGroup()).stdout).toMatch(/^All files are in/)
    expect(await containers()).toBe('')
  })

  it('rotates them for a hub that does not run, by a container where we are no root', async () => {
    asOperator([], engineGroup())
    const names = ['worker_broker_url', 'recorder_redis_url', 'hub-mon_admin', 'flower_auth', 'redis_health']
    const read = () => names.map(name => readFileSync(path.join(folder(), name), 'utf8'))
    const [before, words] = [read(), ['--file', composeFile, '--yes']]
    const {code, stdout, stderr} = asOperator(words, engineGroup(), {}, 'rotate')
    expect({code, stderr: stderr.includes('Error')}).toEqual({code: 0, stderr: false})
    expect(stdout).toMatch(
      /^New passwords for worker, flower, recorder, .*\nThe earlier passwords let nobody in\.\n$/,
    )
    expect(read().map((text, place) => text === before[place])).toEqual([false, false, false, false, false])
    const {hashes} = parseAclFile(readFileSync(path.join(folder(), 'redis_acl'), 'utf8'))
    for (const known of Object.values(hashes)) expect(known).toHaveLength(1)
    for (const {name, mode, uid} of secretFiles) {
      const found = statSync(path.join(folder(), name))
      expect([name, found.mode & 0o777, found.uid]).toEqual([name, mode, uid === 'operator' ? operator : uid])
    }
    expect(asOperator(['--file', composeFile], engineGroup(), {}, 'check').code).toBe(0)
    expect(await containers()).toBe('')
  })

  it('says what to type where neither root nor an engine hands them over', async () => {
    const nobody = asOperator([], operator)
    expect(nobody.code).toBe(77)
    expect(nobody.stderr).toMatch(/that takes root, or a Docker engine/)
    expect(nobody.stderr).toContain(
      `sudo HUB_SECRETS_DIR=${folder()} hub-mon secrets init --project-name t-secrets`,
    )
    const none = asOperator([], operator, {DOCKER_HOST: `unix://${home}/no.sock`})
    expect(none.code).toBe(69)
    const imageless = {HUB_REDIS_IMAGE: 't-none:1', HUB_APP_IMAGE: 't-none:2', HUB_FLOWER_IMAGE: 't-none:3'}
    const without = asOperator([], engineGroup(), imageless)
    expect(without.code).toBe(69)
    expect(without.stderr).toContain('docker pull t-none:1')
    // Nothing half done: no file, and nothing beside one.
    expect(readdirSync(folder())).toEqual([])
    // What is typed then leaves the folder the operator's, and what the operator reads.
    const {code} = await hubMon(['secrets', 'init', '--project-name', 't-secrets'], {
      cwd: base,
      env: environment({HUB_SECRETS_DIR: folder()}),
    })
    expect(code).toBe(0)
    expect(statSync(path.join(folder(), 'login')).uid).toBe(operator)
  })

  it('two at a time do not get in each other’s way', async () => {
    const both = await Promise.all([asRoot(), asRoot()])
    expect(both.map(({code}) => code).sort()).toEqual(expect.arrayContaining([0]))
    for (const {code, stderr} of both.filter(one => one.code !== 0)) {
      expect(code).toBe(69)
      expect(stderr).toMatch(/is at work on the secrets/)
    }
    expect((await asRoot()).stdout).toMatch(/^All files are in/)
  })
})
