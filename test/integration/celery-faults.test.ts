import {readFile} from 'node:fs/promises'
import {describe, expect, it} from 'vitest'
import {type HostHub, onHostHub} from '../services/host-hub.ts'
import {docker, TestHub, until} from '../services/hub.ts'
import type {Diagnosis, Finding} from '../services/operator.ts'
import {startProxy} from '../services/proxy.ts'

const commands = (finding: Finding | undefined, kind: 'confirm' | 'cure') =>
  (finding?.remedies ?? []).flatMap(remedy => (remedy.kind === kind ? (remedy.line ?? []) : []))

/** Types every command that confirms a finding, each of which must run; what they printed. */
async function confirmed(hub: HostHub, finding: Finding | undefined): Promise<string> {
  const lines = commands(finding, 'confirm')
  const typed = await Promise.all(
    // Watching does not end by itself.
    lines.map(async line => ({
      line,
      ...(await hub.type(line.includes('--watch') ? `${line} | head -n 3` : line)),
    })),
  )
  for (const {line, code, stdout, stderr} of typed) {
    expect(code, `${line}\n${stdout}${stderr}`).toBe(0)
    expect(stdout, line).not.toBe('')
  }
  return typed.map(({stdout}) => stdout).join('')
}

/** Doctor, until this check passes again. */
const cured = (hub: HostHub, check: string, seconds = 15) =>
  until(`${check} passes`, seconds, async () => (await hub.doctor()).of(check).status === 'pass')

/** It is the first thing in the report, with this status and the verdict and the exit code that follow from it. */
function expectFirst(ill: Diagnosis, check: string, status: 'warning' | 'critical'): Finding {
  const finding = ill.of(check)
  expect(ill.first, JSON.stringify([ill.alarms, ill.first, finding])).toMatchObject({check, status})
  expect(ill).toMatchObject({verdict: status, code: status === 'critical' ? 2 : 1})
  return finding
}

/** Said, but no reason for an alarm. */
function expectNotice(ill: Diagnosis, check: string): Finding {
  const finding = ill.of(check)
  expect(finding, JSON.stringify([ill.alarms, finding])).toMatchObject({check, status: 'notice'})
  expect(ill).toMatchObject({verdict: 'ok', code: 0, alarms: []})
  return finding
}

const evidence = (finding: Finding) =>
  Object.fromEntries(finding.evidence.map(({label, value}) => [label, value]))

async function stopped(pid: number | undefined): Promise<boolean> {
  return (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.[0] === 'T'
}

const waiting = (hub: HostHub, queue: string, messages: number) =>
  until(
    `${messages} wait in ${queue}`,
    15,
    async () => Number(await hub.redis.cli('LLEN', queue)) === messages,
  )

const unacked = (hub: HostHub, messages: number) =>
  until(
    `${messages} are delivered`,
    30,
    async () => Number(await hub.redis.cli('HLEN', 'unacked')) === messages,
  )

/** Everything that is delivered was delivered so much earlier. */
const age = (hub: HostHub, seconds: number) =>
  hub.redis.cli(
    'EVAL',
    `for i, tag in ipairs(redis.call('ZRANGE', 'unacked_index', 0, -1)) do redis.call('ZINCRBY', 'unacked_index', -${seconds}, tag) end`,
    '0',
  )

/** Any node takes back what is past the visibility timeout, every 100 s; so does `celery inspect`, when its wait is over. */
const takenBack = (hub: HostHub, what: string, done: () => boolean | Promise<boolean>) =>
  until(what, 40, async () => {
    if (await done()) return true
    await hub.app.celery('inspect', 'ping').catch(() => '')
    return false
  })

const sleep = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

describe.concurrent('a node that does not answer', () => {
  it('is hung: stopped, and still subscribed', () =>
    onHostHub({}, async hub => {
      const well = await hub.app.worker('-n', 'well@test', '-c', '1', '-E')
      const hung = await hub.app.worker('-n', 'hung@test', '-c', '1', '-E')
      await hub.flower(['well@test', 'hung@test'])
      hung.process.kill('SIGSTOP')
      await until('it is stopped', 5, () => stopped(hung.process.pid))
      expect(await hub.listeners()).toBe(2)
      const ill = await hub.doctor()
      const finding = expectFirst(ill, 'celery.nodes-answering', 'warning')
      expect(finding.message).toContain('hung@test')
      expect(finding.message).not.toContain('well@test')
      expect(finding.affects).toContain('hung@test')
      expect(evidence(finding)).toMatchObject({'connected to Redis': 2, answered: 1})
      expect(ill.of('celery.nodes-online').status).toBe('pass')
      // Flower goes by heartbeats, and has not missed one yet: the same cause, said once.
      expect(ill.of('flower.sees-nodes')).toMatchObject({becauseOf: 'celery.nodes-answering'})

      well.process.kill('SIGSTOP')
      await until('both are stopped', 5, () => stopped(well.process.pid))
      const worse = await hub.doctor()
      expectFirst(worse, 'celery.nodes-answering', 'critical')
      expect(worse.of('celery.nodes-online')).toMatchObject({becauseOf: 'celery.nodes-answering'})

      for (const node of [well, hung]) node.process.kill('SIGCONT')
      await cured(hub, 'celery.nodes-answering')
    }))

  it('is gone: killed, and its name stays', () =>
    onHostHub({}, async hub => {
      await hub.app.worker('-n', 'well@test', '-P', 'solo', '-E')
      const gone = await hub.app.worker('-n', 'gone@test', '-P', 'solo', '-E')
      const hung = await hub.app.worker('-n', 'hung@test', '-P', 'solo', '-E')
      await gone.stop('SIGKILL')
      await until('only two listen', 5, async () => (await hub.listeners()) === 2)
      expect(await hub.redis.cli('SMEMBERS', '_kombu.binding.celery.pidbox')).toContain('gone@test')
      const ill = await hub.doctor()
      expect(ill).toMatchObject({code: 0, alarms: []})
      expect(ill.of('celery.nodes-online').message).toContain('left without saying goodbye: gone@test')

      // One hung beside one gone: which is which cannot be told, and is not claimed.
      hung.process.kill('SIGSTOP')
      await until('it is stopped', 5, () => stopped(hung.process.pid))
      const finding = expectFirst(await hub.doctor(), 'celery.nodes-answering', 'warning')
      expect(finding.message).toMatch(/\b1 of gone@test\b.*hung@test|\b1 of hung@test\b.*gone@test/)
      hung.process.kill('SIGCONT')
      await cured(hub, 'celery.nodes-answering')
    }))

  it('is cut off: its host is gone, and Redis has not noticed', () =>
    onHostHub({}, async hub => {
      const proxy = await startProxy(hub.redis.port)
      hub.atEnd(proxy.close)
      const far = await hub.otherApp({}, `redis://127.0.0.1:${proxy.port}/0`)
      const near = await hub.app.worker('-n', 'near@test', '-c', '1', '-E')
      const cutOff = await far.worker('-n', 'far@test', '-c', '1', '-E')
      proxy.drop()
      expect(await hub.listeners()).toBe(2)
      const finding = expectFirst(await hub.doctor(), 'celery.nodes-answering', 'warning')
      expect(finding.affects).toContain('far@test')
      expect(finding.affects).not.toContain('near@test')

      // Keepalive or a firewall ends the connections: gone, and no longer hung.
      proxy.cut()
      await until('Redis has noticed', 10, async () => (await hub.listeners()) === 1)
      const gone = await hub.doctor()
      expect(gone.of('celery.nodes-online').message).toContain('left without saying goodbye: far@test')
      expect(gone.of('celery.nodes-answering').status).toBe('pass')

      // A process that runs and has lost Redis is no node.
      await near.stop('SIGTERM')
      expect([await hub.listeners(), cutOff.process.exitCode]).toEqual([0, null])
      const none = expectFirst(await hub.doctor(), 'celery.nodes-online', 'critical')
      expect(none.message).toContain('no node listens on Redis')
      expect(none.affects).toContain('far@test')

      proxy.thaw()
      await until('it is back', 30, async () => (await hub.listeners()) === 1)
      await hub.app.python('import tasks\nfor i in range(20): tasks.add.delay(1, 2)')
      await waiting(hub, 'celery', 0)
      const back = await hub.doctor()
      expect(back).toMatchObject({code: 0, alarms: []})
      expect(back.of('celery.nodes-online').message).toBe('far@test')
    }))

  it('is busy: a solo pool that runs a task, of which it is said that it may be', () =>
    onHostHub({}, async hub => {
      await hub.app.worker('-n', 'well@test', '-P', 'threads', '-c', '2', '-E', '-Q', 'other')
      await hub.app.worker('-n', 'solo@test', '-P', 'solo', '-E')
      await hub.app.python('import tasks; tasks.sleepy.delay(5)')
      await waiting(hub, 'celery', 0)
      const finding = expectFirst(await hub.doctor(), 'celery.nodes-answering', 'warning')
      expect(finding.message).toMatch(/solo@test.*solo pool/)
      await cured(hub, 'celery.nodes-answering')
    }))

  it('is stopped in its container: restarted as doctor says', async () => {
    const hub = new TestHub(undefined, {HUB_HEALTH_INTERVAL: '1h'})
    const look = async () => {
      const {code, stdout} = await hub.mon('doctor', '--json', '--skip', 'tasks,host', '--timeout', '15s')
      const {verdict, findings} = JSON.parse(stdout).data as {verdict: string; findings: Finding[]}
      return {code, verdict, findings}
    }
    try {
      expect((await hub.mon('up')).code).toBe(0)
      await docker('kill', '--signal', 'STOP', hub.container('celery-worker'))
      const {code, findings} = await look()
      expect(findings[0], JSON.stringify(findings[0])).toMatchObject({
        check: 'celery.nodes-answering',
        status: 'critical',
      })
      expect(code).toBe(2)
      expect(findings[0]?.affects).toContain('celery-worker')
      expect(commands(findings[0], 'confirm')).toContain(`docker top ${hub.container('celery-worker')}`)
      expect(await docker('top', hub.container('celery-worker'))).toContain('celery')
      expect(commands(findings[0], 'cure').join('\n')).toMatch(/^hub-mon restart celery-worker /m)
      const {code: restarted, stderr} = await hub.mon('restart', 'celery-worker', '--grace', '1s')
      expect(restarted, stderr).toBe(0)
      expect((await look()).findings.find(({check}) => check === 'celery.nodes-answering')?.status).toBe(
        'pass',
      )

      await docker('pause', hub.container('celery-worker'))
      const paused = await look()
      const named = paused.findings.filter(({status}) => status === 'critical')
      expect([paused.code, named.length > 0]).toEqual([2, true])
      const unpause = named
        .flatMap(finding => commands(finding, 'cure'))
        .find(line => line.includes('unpause'))
      expect(unpause).toBe(`docker unpause ${hub.container('celery-worker')}`)
      await docker('unpause', hub.container('celery-worker'))
      await until('it answers again', 15, async () =>
        (await look()).findings.some(
          ({check, status}) => check === 'celery.nodes-answering' && status === 'pass',
        ),
      )
    } finally {
      await hub.remove()
    }
  })
})

describe.concurrent('a node that answers and takes nothing', () => {
  it('is told from one that is busy, one that is quick, and one that has only just started', () =>
    onHostHub({}, async hub => {
      await hub.app.worker('-n', 'busy@test', '-c', '1', '-E', '-Q', 'slow')
      await hub.app.python("import tasks\nfor i in range(9): tasks.sleepy.apply_async((60,), queue='slow')")
      await waiting(hub, 'slow', 4)
      const busy = await hub.doctor()
      expect(busy.of('celery.consuming').status).toBe('pass')
      expect(busy.alarms).toEqual([])

      // A backlog that is worked off while it is looked at.
      const backlog = hub.app.python('import tasks\nfor i in range(1000): tasks.add.delay(1, 2)')
      const starting = hub.app.worker('-n', 'quick@test', '-c', '1', '-E')
      let looks = 0
      let ready = false
      void starting.then(() => {
        ready = true
      })
      while (looks < 3 || !ready) {
        const {of} = await hub.doctor()
        expect(['pass', 'skipped'], of('celery.consuming').message).toContain(of('celery.consuming').status)
        if (ready) looks += 1
      }
      await Promise.all([backlog, starting])
    }))
})

describe.concurrent('queues', () => {
  it('with large messages', () =>
    onHostHub({conf: {worker_prefetch_multiplier: 1}}, async hub => {
      await hub.app.worker('-n', 'one@test', '-c', '1', '-E')
      await hub.app.python(
        "import tasks\nfor i in range(2): tasks.sleepy.delay(60)\nfor i in range(3): tasks.add.delay(1, 'x' * 300000)",
      )
      await waiting(hub, 'celery', 3)
      const finding = expectFirst(await hub.doctor(), 'celery.message-size', 'warning')
      expect(finding.affects).toEqual(['celery'])
      expect(Number(evidence(finding)['average memory in celery'])).toBeGreaterThan(300_000)
      const memory = Number(/^\d{6,}$/m.exec(await confirmed(hub, finding))?.[0])
      expect(memory).toBeGreaterThan(900_000)

      // Gone the way that such a queue is emptied: kept in a file.
      const purged = await hub.type(`hub-mon queues purge celery --yes --redis-url ${hub.redis.url}`)
      expect(purged.code, purged.stderr).toBe(0)
      await cured(hub, 'celery.message-size')

      // One of 2 MB among small ones is worth a word, not an alarm.
      await hub.app.python(
        "import tasks\nfor i in range(9): tasks.add.delay(1, 2)\ntasks.add.delay(1, 'x' * 2000000)\nfor i in range(20): tasks.add.delay(1, 2)",
      )
      const one = (await hub.doctor()).of('celery.message-size')
      expect(one.status, one.message).toMatch(/notice|warning/)
      expect(Number(evidence(one)['longest in celery'])).toBeGreaterThan(2_000_000)
    }))
})

describe.concurrent('what is delivered and not done', () => {
  it('is delivered again: a visibility_timeout shorter than a task and an ETA', () =>
    onHostHub({conf: {broker_transport_options: {visibility_timeout: 5}}}, async hub => {
      const worker = await hub.app.worker('-n', 'one@test', '-c', '2', '-E')
      await hub.app.python('import tasks; tasks.late.delay(90); tasks.add.apply_async((1, 2), countdown=120)')
      await unacked(hub, 2)
      const early = expectFirst(await hub.doctor(), 'celery.visibility-timeout', 'warning')
      expect(early.message).toContain('tasks.add is held for an ETA')
      expect(early.affects).toContain('tasks.add')
      await sleep(5500)
      const finding = expectFirst(await hub.doctor(), 'celery.visibility-timeout', 'warning')
      expect(finding.message).toMatch(/tasks\.late has been unacknowledged for .*, past the 5\S* s/)
      expect(finding.affects).toEqual(expect.arrayContaining(['tasks.add', 'tasks.late']))
      expect(evidence(finding)['shortest visibility timeout']).toBe(5)
      expect(await confirmed(hub, finding)).toContain('tasks.late')

      // True: whoever next looks for what is past the timeout (any node every 100 s, celery inspect too) delivers both again.
      const received = (task: string) =>
        worker.output().split(new RegExp(`Task tasks.${task}\\[\\S+ received`)).length - 1
      expect([received('late'), received('add')]).toEqual([1, 1])
      await takenBack(hub, 'both are delivered twice', () => received('late') > 1 && received('add') > 1)

      await worker.stop()
      await hub.redis.cli('DEL', 'unacked', 'unacked_index')
      const longer = await hub.otherApp({})
      await longer.worker('-n', 'one@test', '-c', '2', '-E')
      await longer.python('import tasks; tasks.add.apply_async((1, 2), countdown=120)')
      await cured(hub, 'celery.visibility-timeout')
    }))

  it('is hoarded by a node while another has nothing to do', () =>
    onHostHub({conf: {worker_prefetch_multiplier: 10}}, async hub => {
      await hub.app.worker('-n', 'first@test', '-c', '1', '-E')
      await hub.app.python('import tasks\nfor i in range(8): tasks.sleepy.delay(60)')
      await unacked(hub, 7)
      await hub.app.worker('-n', 'second@test', '-c', '1', '-E')
      // Long enough to be missed, if nobody said that they hold them.
      await age(hub, 100)
      const finding = expectNotice(await hub.doctor(), 'celery.prefetch')
      expect(finding.message).toMatch(/first@test holds 7 reserved tasks .* second@test is idle/)
      expect(evidence(finding)['reserved by first@test']).toBe(7)
      expect(await confirmed(hub, finding)).toContain('tasks.sleepy')
      const [cure = ''] = commands(finding, 'cure')
      expect(cure).toMatch(/^hub-mon workers pool grow first@test /)
      const typed = await hub.type(`${cure} --yes`)
      expect(typed.code, typed.stderr).toBe(0)
      await until('the next one runs', 5, async () => Number(await hub.redis.cli('HLEN', 'unacked')) === 6)
      const rest = await hub.type(`${cure.replace('first@test', 'first@test 6')} --yes`)
      expect(rest.code, rest.stderr).toBe(0)
      await cured(hub, 'celery.prefetch')
    }))
})

describe.concurrent('what stays in Redis for ever', () => {
  it('reply lists of callers that were killed', () =>
    onHostHub({}, async hub => {
      const node = await hub.app.worker('-n', 'one@test', '-c', '1', '-E')
      node.process.kill('SIGSTOP')
      const asking = hub.app
        .python(
          `import os, redis, tasks, threading, time
def end():
    broker = redis.Redis(port=${hub.redis.port})
    while not broker.smembers('_kombu.binding.reply.celery.pidbox'): time.sleep(0.01)
    time.sleep(0.5)
    os.kill(os.getpid(), 9)
threading.Thread(target=end).start()
tasks.app.control.inspect(timeout=60).ping()`,
        )
        .catch((error: {signal?: string}) => error.signal)
      expect(await asking).toBe('SIGKILL')
      node.process.kill('SIGCONT')
      const lists = async () =>
        (await hub.redis.cli('--scan', '--pattern', '*.reply.celery.pidbox'))
          .split('\n')
          .filter(line => line !== '' && !line.startsWith('_kombu'))
      await until('the node has answered to nobody', 10, async () => (await lists()).length === 1)
      const young = (await hub.doctor()).of('celery.reply-lists')
      expect(young).toMatchObject({status: 'pass', message: '1 list, in use'})

      // Thirty of them, not touched for longer than anybody waits.
      await hub.redis.cli(
        'EVAL',
        `local reply = redis.call('DUMP', KEYS[1])
         for i = 10, 39 do redis.call('RESTORE', '6a2f6ec4-3f5e-3d2e-9a55-0000000000' .. i .. '.reply.celery.pidbox', 0, reply, 'IDLETIME', 400) end`,
        '1',
        (await lists())[0] ?? '',
      )
      const finding = expectFirst(await hub.doctor(), 'celery.reply-lists', 'warning')
      expect(evidence(finding)).toMatchObject({'reply lists': 31, abandoned: 30})
      expect((await confirmed(hub, finding)).trim().split('\n').length).toBeGreaterThanOrEqual(31)
      const [cure = ''] = commands(finding, 'cure')
      expect(await hub.type(cure)).toMatchObject({code: 0, stdout: '30\n'})
      expect(await lists(), 'the young one stays').toHaveLength(1)
      await cured(hub, 'celery.reply-lists')
    }))
})

describe.concurrent('nodes that are not alike', () => {
  it('in what they have registered, and in their versions', () =>
    onHostHub({}, async hub => {
      const old = await hub.app.worker('-n', 'old@test', '-c', '1', '-E')
      const next = await hub.otherApp({tasks: '@app.task\ndef new(): pass\n'})
      await next.worker('-n', 'new@test', '-c', '1', '-E')
      const finding = expectFirst(await hub.doctor(), 'celery.nodes-alike', 'warning')
      expect(finding.message).toMatch(/old@test has not registered tasks\.new/)
      expect(finding.affects).toEqual(['old@test', 'celery', 'tasks.new'])
      expect(await confirmed(hub, finding)).toContain('old@test')
      // The deployment goes on, to a node that says it is of another version: two real ones cannot be had here.
      await old.stop('SIGTERM')
      const forged = await hub.otherApp({
        tasks: "import celery\ncelery.VERSION_BANNER = '5.6.3 (recovery)'\n@app.task\ndef new(): pass\n",
      })
      await forged.worker('-n', 'forged@test', '-c', '1', '-E')
      const versions = expectNotice(await hub.doctor(), 'celery.nodes-alike')
      expect(versions.message).toContain('5.2.6 (1 node)')
      expect(versions.message).toContain('5.6.3 (1 node)')
    }))
})

describe.concurrent('Flower', () => {
  it('and Celery do not agree on who is online', () =>
    onHostHub({}, async hub => {
      await hub.app.worker('-n', 'here@test', '-P', 'solo', '-E')
      const gone = await hub.app.worker('-n', 'gone@test', '-P', 'solo', '-E')
      await gone.stop('SIGKILL')
      await until('only one listens', 5, async () => (await hub.listeners()) === 1)
      await hub.flower(['here@test', 'gone@test'])
      const ghost = expectNotice(await hub.doctor(), 'flower.sees-nodes')
      expect(ghost.message).toContain('gone@test is online for Flower but does not answer')
      expect(await confirmed(hub, ghost)).toContain('gone@test')
      await hub.flower(['other@test'])
      const unseen = expectFirst(await hub.doctor(), 'flower.sees-nodes', 'warning')
      expect(unseen.message).toContain('here@test answers Celery but Flower does not know it')
      expect(unseen.affects).toEqual(expect.arrayContaining(['here@test', 'other@test']))
      await hub.flower(['here@test'])
      await cured(hub, 'flower.sees-nodes')
    }))
})
