import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, describe, expect, it} from 'vitest'
import {composeFile, docker, TestHub, until} from '../services/hub.ts'

const hub = new TestHub()
const others: TestHub[] = []
const folders: string[] = []
afterEach(async () => {
  for (const other of others.splice(0)) await other.remove()
  for (const folder of folders.splice(0)) await rm(folder, {recursive: true})
})
afterAll(() => hub.remove())

/** A hub from a compose file of the test's own. */
async function hubOf(text: string, environment: Record<string, string> = {}): Promise<TestHub> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-'))
  folders.push(folder)
  const file = path.join(folder, 'compose.yml')
  await writeFile(file, text)
  const other = new TestHub(file, environment)
  others.push(other)
  return other
}

describe('up', () => {
  it('says with --dry-run what it would do, and does nothing', async () => {
    const {code, stdout} = await hub.mon('up', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'create and start celery-worker',
        'create and start recorder',
        'create and start redis',
        'leave out flower: the image hub-mon/hub:0.1 was built without it, because no registry could be reached',
        'wait at most 120 s for redis.reachable, celery.nodes-online, recorder.records',
        '',
      ].join('\n'),
    )
    expect(await hub.containers()).toEqual([])
  })

  it('starts the hub, waits until it works, says what it acts on and what it left out', async () => {
    const {code, stdout, stderr} = await hub.mon('up')
    expect(stderr).toContain(`Acting on project ${hub.project}, ${composeFile}, engine unix://`)
    expect(stdout).toMatch(/redis {2}redis:\/\/127\.0\.0\.1:\d+\n/)
    expect(stdout).toContain('Left out: flower')
    expect(stderr).not.toContain('\u001b')
    expect(code).toBe(0)
    const answer = await docker(
      'exec',
      hub.container('celery-worker'),
      'celery',
      '-A',
      'app.celery_app',
      'inspect',
      'ping',
    )
    expect(answer).toContain('pong')
  })

  it('says the second time that nothing was to do', async () => {
    const before = await docker('inspect', '--format', '{{.State.StartedAt}}', ...(await hub.containers()))
    const {code, stdout} = await hub.mon('up', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'hub-mon/up@1',
      ok: true,
      data: {project: hub.project, changed: false, leftOut: [{service: 'flower'}]},
    })
    expect(await docker('inspect', '--format', '{{.State.StartedAt}}', ...(await hub.containers()))).toBe(
      before,
    )
  })

  it('plans to start only what has stopped', async () => {
    await docker('stop', '--time', '10', hub.container('celery-worker'))
    const {stdout} = await hub.mon('up', '--dry-run', '--no-wait')
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'start celery-worker',
      'leave running recorder',
      'leave running redis',
    ])
    const {code, stdout: done} = await hub.mon('up', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(done).data.services).toMatchObject([
      {name: 'celery-worker', changed: true},
      {name: 'recorder', changed: false},
      {name: 'redis', changed: false},
    ])
  })

  it('refuses another file for a project that runs already, and leaves it alone', async () => {
    const other = await hubOf(await readFile(composeFile, 'utf8'))
    const foreign = new TestHub(other.file, {}, hub.project)
    for (const command of [['up'], ['down', '--volumes', '--yes'], ['restart', 'redis']]) {
      const refused = await foreign.mon(...command)
      expect(refused.stderr).toContain(`started from ${composeFile}`)
      expect(refused.code).toBe(64)
    }
    expect(await hub.containers()).toHaveLength(3)
  })

  it('says who holds a port that is wanted', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      const other = await hubOf(`
services:
  redis:
    image: redis:7-alpine
    command: [redis-server]
    ports: ["127.0.0.1:${port}:6379"]
`)
      const {code, stderr} = await other.mon('up')
      expect(stderr).toContain(
        `port ${port} on 127.0.0.1, which redis wants, is held by process ${process.pid}`,
      )
      expect(code).toBe(69)
      expect(await other.containers()).toEqual([])
    } finally {
      server.close()
    }
  })

  it('says that the compose file is wrong, in the words of Compose', async () => {
    const other = await hubOf('services: {redis: {imag: redis}}\n')
    const {code, stderr} = await other.mon('up')
    expect(stderr).toMatch(/imag/)
    expect(code).toBe(69)
  })

  it('says which service has ended, with its last words, and what still runs', async () => {
    const other = await hubOf(`
services:
  redis:
    image: redis:7-alpine
    command: [redis-server, --protected-mode, "no"]
    ports: ["127.0.0.1::6379"]
  celery-worker:
    image: redis:7-alpine
    entrypoint: [sh, -c, 'echo "no module named app, $$SECRET_TOKEN"; exit 3', celery, worker]
    environment: {SECRET_TOKEN: canary-in-the-log}
`)
    const {code, stderr} = await other.mon('up')
    expect(stderr).toContain('celery-worker has ended with exit code 3')
    expect(stderr).toContain('no module named app, ***')
    expect(stderr).toContain('running: redis; they are left as they are')
    expect(code).toBe(69)
  })

  it('gives up when the time is over, and says what was missing', async () => {
    const other = await hubOf(`
services:
  redis:
    image: redis:7-alpine
    command: [redis-server, --protected-mode, "no"]
    ports: ["127.0.0.1::6379"]
  celery-worker:
    image: redis:7-alpine
    entrypoint: [sh, -c, "trap exit TERM; while :; do sleep 0.2; done", celery, worker]
`)
    const {code, stdout} = await other.mon('up', '--json', '--wait-for', '3s')
    expect(code).toBe(75)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'wait-timeout',
      message: expect.stringContaining('gave up after 3 s'),
      detail: expect.stringContaining('running: celery-worker, redis'),
    })
  })

  it('says which image could not be had', async () => {
    const other = await hubOf(`
services:
  redis: {image: "127.0.0.1:1/no/such/redis:0"}
`)
    const {code, stderr} = await other.mon('up')
    expect(stderr).toContain('redis has no image: 127.0.0.1:1/no/such/redis:0 could not be had')
    expect(code).toBe(69)
    expect(await other.containers()).toEqual([])
  })

  it('ends with 130 on Ctrl-C', async () => {
    const other = await hubOf(`
services:
  redis:
    image: redis:7-alpine
    command: [redis-server, --protected-mode, "no"]
  celery-worker:
    image: redis:7-alpine
    entrypoint: [sh, -c, "trap exit TERM; while :; do sleep 0.2; done", celery, worker]
`)
    const up = other.start(['up'])
    await until('containers run', 30, async () => (await other.containers()).length === 2)
    up.child.kill('SIGINT')
    expect((await up.ended).code).toBe(130)
  })
})

describe('down', () => {
  it('keeps the volumes without --volumes, and says so', async () => {
    const {code, stdout} = await hub.mon('down')
    expect(code).toBe(0)
    expect(stdout).toContain(`Kept: ${hub.project}_`)
    expect(await hub.containers()).toEqual([])
    expect(await hub.volumes()).toContain(`${hub.project}_redis-data`)
  })

  it('is fine a second time', async () => {
    const {code, stdout} = await hub.mon('down')
    expect([code, stdout]).toMatchObject([0, expect.stringContaining('Nothing was to do')])
  })

  it('does not remove volumes without a yes where nobody can be asked; then says what is lost', async () => {
    expect((await hub.mon('up')).code).toBe(0)
    await docker('stop', '--time', '10', hub.container('celery-worker'))
    const push = ['redis-cli', 'lpush', 'celery', 'one', 'two']
    await docker('exec', hub.container('redis'), ...push)

    const refused = await hub.mon('down', '--volumes')
    expect(refused.code).toBe(64)
    expect(refused.stderr).toContain('2 ready')
    expect(refused.stderr).toContain('down --volumes --yes')
    expect(await hub.containers()).toHaveLength(3)

    const planned = await hub.mon('down', '--volumes', '--dry-run')
    expect(planned.stdout).toMatch(new RegExp(`^Remove volumes .*${hub.project}_redis-data$`, 'm'))
    expect(await hub.volumes()).toContain(`${hub.project}_redis-data`)

    const {code, stdout} = await hub.mon('down', '--volumes', '--yes', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout).data).toMatchObject({
      containers: ['celery-worker', 'recorder', 'redis'].map(service => hub.container(service)),
      lostMessages: {ready: 2, unacked: 0},
    })
    expect([await hub.containers(), await hub.volumes()]).toEqual([[], []])
  })

  it('touches no volume that does not carry the label of the project', async () => {
    const name = `${hub.project}-foreign`
    await docker('volume', 'create', name)
    try {
      const other = await hubOf(`
services:
  redis:
    image: redis:7-alpine
    command: [redis-server]
    volumes: ["data:/data"]
volumes:
  data: {name: "${name}"}
`)
      await other.compose('up', '-d')
      expect((await other.mon('down', '--volumes', '--yes')).code).toBe(0)
      expect(await other.containers()).toEqual([])
      expect(await docker('volume', 'ls', '--quiet', '--filter', `name=${name}`)).toBe(`${name}\n`)
    } finally {
      await docker('volume', 'rm', '--force', name)
    }
  })
})
