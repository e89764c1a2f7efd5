import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {isDeepStrictEqual, promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {parseExposition} from '../services/exposition.ts'
import {docker, root, until} from '../services/hub.ts'
import {startInBackground} from '../services/hub-mon.ts'
import {askAt} from '../services/lan.ts'
import {ProductionHub} from '../services/production-hub.ts'

const run = promisify(execFile)
let hub: ProductionHub
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-production-test-'))
  hub = await ProductionHub.make()
})
afterAll(async () => {
  await hub?.remove()
  await rm(folder, {recursive: true, force: true})
})

const services = ['celery-worker', 'flower', 'proxy', 'recorder', 'redis']
const portsOf = async (service: string) =>
  JSON.parse(await docker('inspect', '--format', '{{json .NetworkSettings.Ports}}', hub.container(service)))
/** From this machine, at the published address. */
const ask = (url: string, ...words: string[]) => askAt(hub.lan.here, url, ...words)

describe('up --production', () => {
  it('says what it would do, and refuses what it could only pretend', async () => {
    const plan = await hub.produce('--allow', '192.0.2.0/24', '--dry-run')
    expect(plan.code, plan.stderr).toBe(0)
    expect(plan.stdout).toContain('create and start proxy\n')
    await expect(stat(hub.secretsFolder)).rejects.toThrow()

    const wrong = await hub.produce('--allow', '10.0.0.0/99')
    expect(wrong).toMatchObject({code: 64, stdout: ''})
    expect(wrong.stderr).toMatch(/^Error: --allow wants an address or a network/m)
    const behind = await hub.produce('--trusted-proxy', '192.0.2.10')
    expect(behind.code).toBe(69)
    expect(behind.stderr).toMatch(/Caddy 2\.6\.2, which cannot trust another proxy/)
    expect((await hub.mon('up', '--production', '--certificate', 'hub.pem')).stderr).toMatch(/--key <path>/)
    expect(await hub.containers()).toEqual([])
  })

  it('takes a running hub into production, with all that it holds', async () => {
    // A queue that nobody consumes keeps its message.
    const up = await hub.mon('up')
    expect(up.code, up.stderr).toBe(0)
    await docker(
      'exec',
      hub.container('celery-worker'),
      'celery',
      '-A',
      'app.celery_app',
      'control',
      'cancel_consumer',
      'reports',
    )
    const sent = ['celery', '-A', 'app.celery_app', 'call', 'app.tasks.report']
    const id = (await docker('exec', hub.container('celery-worker'), ...sent)).trim()
    const state = async () => JSON.parse((await hub.mon('task', id, '--json')).stdout).data.state
    expect(await state()).toBe('waiting')

    const {code, stdout, stderr} = await hub.produce()
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('https://localhost/')
    expect(stderr).toMatch(/✓ From outside/)
    expect(stderr).toContain(path.join(hub.secretsFolder, 'login'))
    const all = await hub.containers()
    expect(all.sort()).toEqual(services.map(service => hub.container(service)))
    for (const service of services.filter(name => name !== 'proxy'))
      expect(
        Object.values(await portsOf(service))
          .flat()
          .filter(Boolean),
      ).toEqual([])
    // The node is another one now, and consumes the queue.
    await until('the report was made', 30, async () => (await state()) === 'succeeded')
  })

  it('stays there: a plain up changes nothing, and doctor finds it well', async () => {
    const again = await hub.mon('up')
    expect(again.code, again.stderr).toBe(0)
    expect(again.stdout).toMatch(/^Nothing was to do/)
    const {code, stdout, stderr} = await hub.mon('doctor', '--json', '--skip', 'tasks', '--wait', '30s')
    expect(code, stdout + stderr).toBe(0)
    const findings = JSON.parse(stdout).data.findings as {check: string; status: string; message: string}[]
    const security = findings.filter(({check}) => check.startsWith('security.'))
    expect(security.length).toBeGreaterThan(8)
    expect(security.filter(({status}) => !['pass', 'notice', 'skipped'].includes(status))).toEqual([])
    const of = (id: string) => findings.find(({check}) => check === id)?.status
    for (const id of [
      'security.asks-first',
      'security.https',
      'security.tls-versions',
      'security.around-the-proxy',
      'security.redis-password',
      'security.least-rights',
      'security.containers',
      'security.secrets-hidden',
      'flower.api',
      'flower.sees-nodes',
    ])
      expect([id, of(id)]).toEqual([id, 'pass'])
  })

  it('is asked from outside once, however often it is scraped', async () => {
    const words = ['--project-name', hub.project, '--file', hub.file]
    const serves = /serving (http:\/\/\S+)/
    const openMetrics = {accept: 'application/openmetrics-text; version=1.0.0'}
    const metrics = ['metrics', '--listen', '127.0.0.1:0', ...words]
    const {match, stop} = await startInBackground(metrics, serves, {env: hub.environment})
    const scraped = async () => {
      const {samples} = parseExposition(await (await fetch(match[1] ?? '', {headers: openMetrics})).text())
      const of = (name: string, labels: Record<string, string>) =>
        samples.find(one => one.name === `hub_mon_${name}` && isDeepStrictEqual(one.labels, labels))?.value
      return {
        readAt: (source: string) => of('read_timestamp_seconds', {source}) ?? 0,
        asksFirst: of('check_status', {check: 'security.asks-first', category: 'security'}),
      }
    }
    const asked = async () => {
      const {stdout, stderr} = await run('docker', ['logs', '--since', began, hub.container('proxy')])
      return (stdout + stderr).split('"remote_ip"').length - 1
    }
    const began = new Date().toISOString()
    try {
      const first = await scraped()
      const questions = await asked()
      expect(questions).toBeGreaterThan(0)
      // Past the time that all who ask share one look.
      await new Promise(resolve => setTimeout(resolve, 5100))
      const second = await scraped()
      expect(await asked()).toBe(questions)
      expect([first.asksFirst, second.asksFirst]).toEqual([0, 0])
      expect(second.readAt('redis') - first.readAt('redis')).toBeGreaterThan(5)
      expect(second.readAt('outside')).toBe(first.readAt('outside'))
    } finally {
      await stop()
    }
  })

  it('asks for the password before everything, and lets in who has it', async () => {
    const site = 'https://localhost'
    for (const page of ['/', '/metrics', '/healthcheck', '/api/workers', '/no-such-page']) {
      const {status, headers} = await ask(`${site}${page}`)
      expect([page, status, headers['strict-transport-security']]).toEqual([page, 401, 'max-age=31536000'])
    }
    const login = await hub.secret('login')
    for (const page of ['/metrics', '/api/workers'])
      expect([page, (await ask(`${site}${page}`, '--user', login)).status]).toEqual([page, 200])
    expect((await ask(`${site}/`, '--user', `${login}x`)).status).toBe(401)
    // Flower's own is not the proxy's.
    expect((await ask(`${site}/`, '--user', await hub.secret('flower_auth'))).status).toBe(401)
    expect(await ask('http://localhost/tasks?x=1')).toMatchObject({
      status: 308,
      location: `${site}/tasks?x=1`,
    })
    // By another name there is no page, and no certificate.
    const elsewhere = ['--header', 'Host: elsewhere.example.com']
    expect((await ask(`${site}/`, ...elsewhere)).status).toBe(421)
    expect((await ask('https://elsewhere.example.com/')).status).toBe(0)
    // Around the proxy Flower asks, too.
    const [flower = ''] = (
      await docker(
        'inspect',
        '--format',
        '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}',
        hub.container('flower'),
      )
    ).split(' ')
    const around = await run('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      `http://${flower}:5555/api/workers`,
    ])
    expect(around.stdout).toBe('401')
  })

  it('shows no secret, wherever one looks', async () => {
    const passwords = await hub.passwords()
    expect(passwords.length).toBeGreaterThan(9)
    const bundle = path.join(folder, 'incident.tar.gz')
    expect((await hub.mon('bundle', '--output', bundle)).code).toBeLessThan(4)
    const names = services.map(service => hub.container(service))
    const shown: Record<string, string> = {
      bundle: (await run('sh', ['-c', `gzip -dc '${bundle}'`], {maxBuffer: 1e8, encoding: 'latin1'})).stdout,
      inspect: await docker('inspect', ...names),
      config: await docker(
        'compose',
        '--file',
        path.join(root, 'docker-compose.production.yml'),
        'config',
      ).catch(() => ''),
    }
    for (const name of names) {
      shown[`top ${name}`] = await docker('top', name, '-eo', 'pid,args')
      const {stdout, stderr} = await run('docker', ['logs', name])
      shown[`logs ${name}`] = stdout + stderr
      // As the engine's machine sees it: not every image has a cat.
      const pid = (await docker('inspect', '--format', '{{.State.Pid}}', name)).trim()
      shown[`environment in ${name}`] = await readFile(`/proc/${pid}/environ`, 'utf8')
      const image = (await docker('inspect', '--format', '{{.Image}}', name)).trim()
      shown[`image of ${name}`] =
        (await docker('history', '--no-trunc', image)) + (await docker('inspect', image))
    }
    for (const words of [
      ['doctor', '--verbose'],
      ['doctor', '--json'],
      ['stats', '--json'],
      ['config', 'show'],
      ['logs'],
      ['up', '--dry-run', '--json'],
      ['secrets', 'check', '--json'],
      ['secrets', 'init'],
      ['workers', '--json'],
      ['tasks', '--json'],
    ]) {
      const {stdout, stderr} = await hub.mon(...words)
      shown[`hub-mon ${words.join(' ')}`] = stdout + stderr
    }
    expect(shown['environment in '.concat(hub.container('celery-worker'))]).toContain(
      'CELERY_BROKER_URL_FILE',
    )
    const found = Object.entries(shown).flatMap(([where, text]) =>
      passwords.some(password => text.includes(password)) ? [where] : [],
    )
    expect(found).toEqual([])
  })

  it('takes a renewed certificate of its own authority', async () => {
    const certificateFor = async (serial: number) => {
      const [certificate, key] = [path.join(folder, `${serial}.pem`), path.join(folder, `${serial}.key`)]
      await run('openssl', [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '90',
        '-set_serial',
        String(serial),
        '-subj',
        '/CN=hub.example.com',
        '-addext',
        'subjectAltName=DNS:hub.example.com',
        '-keyout',
        key,
        '-out',
        certificate,
      ])
      return ['--certificate', certificate, '--key', key]
    }
    const serial = async () => {
      const {stdout} = await run('sh', [
        '-c',
        `openssl s_client -connect ${hub.lan.here}:443 -servername hub.example.com </dev/null 2>/dev/null | openssl x509 -noout -serial`,
      ])
      return stdout.trim()
    }
    const first = await hub.produce('--site', 'hub.example.com', ...(await certificateFor(17)), '--no-wait')
    expect(first.code, first.stderr).toBe(0)
    await until('the certificate is there', 10, async () => (await serial().catch(() => '')) === 'serial=11')
    const second = await hub.produce(...(await certificateFor(18)), '--no-wait')
    expect(second.code, second.stderr).toBe(0)
    await until('the renewed one is', 10, async () => (await serial().catch(() => '')) === 'serial=12')
    const other = await certificateFor(19)
    const wrong = await hub.produce('--certificate', other[1] ?? '', '--key', path.join(folder, '18.key'))
    expect(wrong.code).toBe(64)
    expect(wrong.stderr).toMatch(/not the one of the certificate/)
  })

  it('keeps Flower under a prefix', async () => {
    const {code, stderr} = await hub.produce(
      '--prefix',
      '/flower/',
      '--certificate',
      'internal',
      '--site',
      'localhost',
    )
    expect(code, stderr).toBe(0)
    const login = ['--user', await hub.secret('login')]
    expect(await ask('https://localhost/', ...login)).toMatchObject({
      status: 302,
      location: '/flower/',
    })
    expect((await ask('https://localhost/flower/metrics', ...login)).status).toBe(200)
    expect((await ask('https://localhost/flower/metrics')).status).toBe(401)
    const {stdout} = await hub.mon('doctor', '--only', 'flower', '--json', '--wait', '20s')
    expect(JSON.parse(stdout).verdict).toBe('ok')
  })

  it('lets in only the addresses that are allowed, whatever a client says of its own', async () => {
    const {lan} = hub
    const {code, stderr} = await hub.produce('--prefix', '', '--allow', lan.near, '--allow', lan.here)
    expect(code, stderr).toBe(0)
    const login = ['--user', await hub.secret('login')]
    expect((await lan.ask(lan.near, 'https://localhost/metrics', ...login)).status).toBe(200)
    expect((await lan.ask(lan.near, 'https://localhost/metrics')).status).toBe(401)
    for (const spoofed of [[], ['X-Forwarded-For'], ['X-Real-IP'], ['Forwarded'], ['X-Client-IP']]) {
      const headers = spoofed.flatMap(name => [
        '--header',
        `${name}: ${name === 'Forwarded' ? 'for=' : ''}${lan.near}`,
      ])
      expect([
        spoofed,
        (await lan.ask(lan.far, 'https://localhost/metrics', ...headers, ...login)).status,
      ]).toEqual([spoofed, 403])
    }
    // Nothing else of the hub is there.
    for (const port of [5555, 6379])
      expect((await lan.ask(lan.near, `http://localhost:${port}/`)).status).toBe(0)
    expect((await hub.mon('up')).stdout).toMatch(/^Nothing was to do/)
    expect((await lan.ask(lan.far, 'https://localhost/')).status).toBe(403)
  })

  it('stops a proxy whose allow list would only pretend', async () => {
    // Published on loopback alone, everybody comes from the bridge's gateway.
    const {code, stderr} = await hub.produce('--bind', '127.0.0.1', '--allow', '192.0.2.0/24')
    expect(code).toBe(69)
    expect(stderr).toMatch(/gateway/)
    const state = await docker('inspect', '--format', '{{.State.Status}}', hub.container('proxy'))
    expect(state.trim()).toBe('exited')
  })

  it('stops one that IPv6 leads to, where its network has none: the gateway is on the list, and lets everybody in', async () => {
    const {lan} = hub
    const networks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].flatMap(network => [
      '--allow',
      network,
    ])
    const {code, stderr} = await hub.produce('--bind', lan.here6, ...networks)
    expect(code, stderr).toBe(69)
    expect(stderr).toMatch(/which is on the list: everybody may ask/)
    // It is no false alarm.
    await docker('start', hub.container('proxy'))
    const asked = async () => (await lan.ask(lan.near6, 'https://localhost/')).status
    await until('it answers a stranger', 20, async () => (await asked()) === 401)
    expect((await lan.ask(lan.near, 'https://localhost/')).status).toBe(0)
  })

  it('speaks TLS between the services too, and gives an application its URLs, when that is wanted', async () => {
    const made = await hub.mon('secrets', 'init', '--redis-tls')
    expect(made.code, made.stderr).toBe(0)
    const {code, stderr} = await hub.produce('--allow', hub.lan.here, '--export-urls')
    expect(code, stderr).toBe(0)
    const cli = 'redis-cli --tls --cacert /run/secrets/redis_ca ping; redis-cli ping'
    const said = await docker('exec', hub.container('redis'), 'sh', '-c', `${cli} 2>&1 || true`)
    expect(said).toMatch(/^NOAUTH.*\n+Error: (Server closed|Connection reset)/s)
    const sent = ['celery', '-A', 'app.celery_app', 'call', 'app.tasks.report']
    const id = (await docker('exec', hub.container('celery-worker'), ...sent)).trim()
    const state = async () => JSON.parse((await hub.mon('task', id, '--json')).stdout).data.state
    await until('the report was made', 30, async () => (await state()) === 'succeeded')
    const pid = (await docker('inspect', '--format', '{{.State.Pid}}', hub.container('celery-worker'))).trim()
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).toContain(
      `CELERY_BROKER_URL=${await hub.secret('worker_broker_url')}`,
    )
    expect(await docker('inspect', hub.container('celery-worker'))).not.toContain(
      await hub.secret('worker_broker_url'),
    )
    const {stdout} = await hub.mon('doctor', '--only', 'security.secrets-hidden', '--json')
    const {findings} = JSON.parse(stdout).data as {findings: {check: string; status: string}[]}
    expect(findings.find(({check}) => check === 'security.secrets-hidden')?.status).toBe('notice')
  })

  it('leaves production when it is told to, and is what it was', async () => {
    const {code, stderr} = await hub.mon('up', '--no-production')
    expect(code, stderr).toBe(0)
    expect((await hub.containers()).sort()).toEqual(
      services.filter(name => name !== 'proxy').map(name => hub.container(name)),
    )
    // A worker that has lost its Redis may be started again once more.
    const nothing = async () => (await hub.mon('up')).stdout.startsWith('Nothing was to do')
    await until('nothing is to do', 30, nothing)
  })
})

describe('what it refuses', () => {
  it('is a password that everybody knows, before anything starts', async () => {
    await writeFile(
      path.join(folder, 'app.env'),
      'CELERY_BROKER_URL=redis://:secure_password_here@redis:6379/0\n',
    )
    hub.environment.HUB_ENV_FILE = path.join(folder, 'app.env')
    const fromFile = await hub.produce()
    delete hub.environment.HUB_ENV_FILE
    expect(fromFile.code).toBe(69)
    expect(fromFile.stderr).toMatch(/CELERY_BROKER_URL of celery-worker/)
    expect(fromFile.stderr).not.toContain('secure_password_here')

    await writeFile(path.join(hub.secretsFolder, 'login'), 'admin:admin\n', {mode: 0o600})
    const ofLogin = await hub.produce()
    expect(ofLogin.code).toBe(69)
    expect(ofLogin.stderr).toMatch(/login/)
    expect(await readFile(path.join(hub.secretsFolder, 'login'), 'utf8')).toBe('admin:admin\n')
  })
})
