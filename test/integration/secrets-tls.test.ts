import {execFile} from 'node:child_process'
import {chown, rename, writeFile} from 'node:fs/promises'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {docker, until} from '../services/hub.ts'
import {ProductionHub} from '../services/production-hub.ts'

const run = promisify(execFile)
let hub: ProductionHub
beforeAll(async () => {
  hub = await ProductionHub.make()
})
afterAll(async () => {
  await hub?.remove()
})

const logOf = async (service: string) => {
  const {stdout, stderr} = await run('docker', ['logs', hub.container(service)])
  return stdout + stderr
}
/** What Redis says to somebody who does not ask for TLS. */
async function withoutTls(): Promise<string> {
  const {stdout, stderr} = await run('docker', [
    ...['exec', hub.container('redis'), 'redis-cli', 'PING'],
  ]).catch((error: {stdout: string; stderr: string}) => error)
  return stdout + stderr
}

it('a hub whose services speak TLS to Redis comes up, works, and is found well', async () => {
  const made = await hub.mon('secrets', 'init', '--redis-tls')
  expect(made.code, made.stderr).toBe(0)
  expect(await hub.secret('worker_broker_url')).toMatch(/^rediss:/)
  const up = await hub.produce()
  expect(up.code, up.stderr).toBe(0)
  await hub.send('quick', 1)
  await until('it is done', 30, async () => /quick\[.*succeeded/.test(await logOf('celery-worker')))
  expect(await withoutTls()).not.toContain('PONG')
  const check = await hub.mon('secrets', 'check')
  expect(check.code, check.stdout).toBe(0)
  expect(check.stdout).toMatch(/pass +Each user signs in to Redis/)
  expect(check.stdout).toMatch(/redis_tls ends in 36(49|50) d/)
})

it('a certificate of another authority is not taken for Redis', async () => {
  const folder = hub.secretsFolder
  const elsewhere = await docker('exec', hub.container('redis'), 'cat', '/run/secrets/redis_ca')
  expect(elsewhere.trim()).toBe(await hub.secret('redis_ca'))
  const other = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const own = await run('openssl', [...other, '-subj', '/CN=other', '-keyout', '/dev/null', '-days', '90'])
  // As it was, with the time of its last change.
  await rename(`${folder}/redis_ca`, `${folder}/.kept`)
  await writeFile(`${folder}/redis_ca`, own.stdout, {mode: 0o444})
  await chown(`${folder}/redis_ca`, 999, 999)
  try {
    const {code, stdout} = await hub.mon('secrets', 'check')
    expect(code, stdout).toBe(3)
    expect(stdout).toMatch(/unknown +secrets\.sign-in: .*certificate/)
  } finally {
    await rename(`${folder}/.kept`, `${folder}/redis_ca`)
  }
})

it('rotates over TLS', async () => {
  const {code, stderr} = await hub.mon('secrets', 'rotate', '--yes')
  expect(code, stderr).toBe(0)
  expect(await hub.secret('worker_broker_url')).toMatch(/^rediss:/)
  expect((await hub.mon('secrets', 'check')).code).toBe(0)
})
