import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {docker, until} from '../services/hub.ts'
import {newerHub, newerProxy} from '../services/newer-debian.ts'
import type {Finding} from '../services/operator.ts'
import {ProductionHub} from '../services/production-hub.ts'

const run = promisify(execFile)
// One after the other: what is pulled from a registry, as far as a newer Debian has it.
const proxy = await newerProxy()
const images = await newerHub()

const work = `
from celery import chain, chord, group
from app.tasks import quick, report, retrying, failing

assert [quick.delay(n).get(timeout=20) for n in (3, 4)] == [3, 6]
assert group(quick.s(n) for n in range(3))().get(timeout=20) == [0, 0, 1]
assert chord([report.s(n) for n in range(3)])(quick.si(5)).get(timeout=20) == 10
assert chain(quick.s(3), quick.s())().get(timeout=20) == 3
assert retrying.delay(1, 0.1).get(timeout=20) == 1
try: failing.delay(1).get(timeout=20)
except Exception as error: assert type(error).__name__ == 'CustomerMissing', error
later = quick.apply_async((3,), countdown=1)
assert later.get(timeout=20) == 3
later.forget()
print('done')`

describe.skipIf(proxy === null || images === null)(
  'a hub in production of Redis 8, Celery 5.6 and redis-py 6 (needs a newer Debian)',
  () => {
    let hub: ProductionHub
    beforeAll(async () => {
      const {redis = '', app = ''} = images ?? {}
      const newer = {HUB_PROXY_IMAGE: proxy ?? '', HUB_REDIS_IMAGE: redis, HUB_APP_IMAGE: app}
      hub = await ProductionHub.make(newer)
      // From Python 3.13 on, a certificate must keep every rule.
      const made = await hub.mon('secrets', 'init', '--redis-tls')
      expect(made.code, made.stderr).toBe(0)
      const up = await hub.produce()
      expect(up.code, up.stderr).toBe(0)
    })
    afterAll(async () => hub?.remove())

    /** What Redis says to its admin; the password goes by a variable. */
    async function admin(...words: string[]): Promise<string> {
      const [, password = ''] = /:([^:@]+)@/.exec(await hub.secret('hub-mon_admin')) ?? []
      const tls = ['--tls', '--cacert', '/run/secrets/redis_ca']
      const cli = ['exec', '-e', 'REDISCLI_AUTH', hub.container('redis'), 'redis-cli', ...tls]
      const env = {...process.env, REDISCLI_AUTH: decodeURIComponent(password)}
      return (await run('docker', [...cli, '--user', 'hub-mon-admin', ...words], {env})).stdout
    }
    /** What was refused, beside sign-ins (`secrets check` tries those of strangers) and what hub-mon would like to know of a hub without nodes. */
    async function refused(): Promise<string[]> {
      const log = JSON.parse(await admin('--json', 'ACL', 'LOG', '128')) as Record<string, string>[]
      return log
        .filter(({reason, object = ''}) => reason !== 'auth' && !/^(acl\|log|client\|list)$/.test(object))
        .map(({username, reason, object}) => `${username}: ${reason} ${object}`)
    }
    const python = (code: string) =>
      docker(
        'exec',
        hub.container('celery-worker'),
        '/bin/sh',
        '/etc/hub/with-urls.sh',
        'python3',
        '-c',
        code,
      )
    const data = async (...words: string[]) => JSON.parse((await hub.mon(...words, '--json')).stdout).data

    it('is of those versions', async () => {
      expect(await admin('INFO', 'server')).toMatch(/redis_version:8\./)
      expect(await python('import celery, redis; print(celery.__version__, redis.__version__)')).toMatch(
        /^5\.([6-9]|\d\d)\.\S+ ([6-9]|\d\d)\./,
      )
    })

    it('works, and is well, says doctor; the other commands see it', async () => {
      expect(await python(work)).toBe('done\n')
      // The tasks that the stand-in of Flower tells of are those of a recording.
      const {findings} = (await data('doctor', '--wait', '30s', '--skip', 'tasks')) as {findings: Finding[]}
      const wrong = findings.filter(({status}) => !['pass', 'skipped', 'notice'].includes(status))
      expect(wrong.map(({check, status, message}) => [check, status, message])).toEqual([])
      const node = `celery@${hub.container('celery-worker')}`
      const {nodes} = await data('workers')
      expect(nodes).toMatchObject([{name: node, state: 'online', concurrency: 2}])
      const {queues} = await data('queues')
      expect(queues).toMatchObject([
        {name: 'celery', ready: 0},
        {name: 'reports', ready: 0},
      ])
      // The recorder has heard of each.
      const quick = async () => {
        const {samples} = await data('stats', '--since', '15m')
        return samples
      }
      await until('it is recorded', 30, async () =>
        JSON.stringify(await quick()).includes('app.tasks.retrying'),
      )
    })

    it('tells a task that is revoked where it is, though a result is stored already', async () => {
      const revoke = `
import time
from app.tasks import app, quick

held = quick.apply_async((1,), countdown=600)
time.sleep(2)
app.control.revoke(held.id)
time.sleep(1)
print(held.id, held.state)`
      const [id = '', stored] = (await python(revoke)).trim().split(' ')
      expect(stored).toBe('REVOKED')
      expect(await data('task', id)).toMatchObject({state: 'scheduled', revoked: true, contradictions: []})
    })

    it('is restarted, and gets new passwords while tasks run', async () => {
      expect((await hub.mon('restart', 'celery-worker')).code).toBe(0)
      expect(await python(work)).toBe('done\n')
      const rotated = await hub.mon('secrets', 'rotate', '--yes')
      expect(rotated.code, rotated.stderr).toBe(0)
      expect(await python(work)).toBe('done\n')
      const check = await hub.mon('secrets', 'check')
      expect(check.code, check.stdout).toBe(0)
    })

    it('has refused nothing to anybody', async () => {
      expect(await refused()).toEqual([])
      expect(await admin('ACL', 'LIST')).toMatch(/^user worker .*\+client\|setinfo/m)
    })
  },
)
