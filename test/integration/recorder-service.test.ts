import {execFile} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {composeFile, docker, root, TestHub, until} from '../services/hub.ts'

const run = promisify(execFile)
const canary = 'canary-of-the-recorder'
const project = `t-recorder-${process.pid}`
// Of the build that is tested, whatever image of this version lies on the machine.
const image = `hub-mon/recorder:${project}`
const variables = {
  ...{FLOWER_BASIC_AUTH: `me:${canary}`, HUB_HEALTH_INTERVAL: '2s', HUB_RECORDER_IMAGE: image},
}
const hub = new TestHub(composeFile, variables, project)

type Finding = {check: string; status: string; message: string}
const findings = async (...words: string[]): Promise<(id: string) => Finding | undefined> => {
  const {stdout} = await hub.mon('doctor', '--json', ...words)
  const all: Finding[] = JSON.parse(stdout).data.findings
  return id => all.find(({check}) => check === id)
}
const window = async () => JSON.parse((await hub.mon('stats', '--since', '5m', '--json')).stdout).data.history
const inspect = async (format: string) =>
  (await docker('inspect', '--format', format, hub.container('recorder'))).trim()

beforeAll(async () => {
  // No registry and no image: `up` makes it from the node that runs this.
  const {code, stderr} = await hub.mon('up')
  expect(code, stderr).toBe(0)
  expect(stderr).toMatch(/✓ Get images: .*hub-mon\/recorder/)
  expect(stderr).toContain('The history is kept')
})
afterAll(async () => {
  await hub.remove()
  await docker('rmi', image)
})

describe('the recorder of the bundled stack', () => {
  it('runs as nobody in particular, can write nothing but its own folder, and is told no secret', async () => {
    expect(await inspect('{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}')).toBe(
      '1000:1000 true [ALL]',
    )
    expect(await inspect('{{json .NetworkSettings.Ports}}')).toBe('{}')
    expect(await docker('inspect', hub.container('recorder'))).not.toContain(canary)
    await until('it is healthy', 20, async () => (await inspect('{{.State.Health.Status}}')) === 'healthy')
  })

  it('records what the worker does: stats and doctor tell it from the history', async () => {
    const traffic = ['hub-traffic', '--count', '60', '--wait', '60s']
    await docker('exec', hub.container('celery-worker'), ...traffic).catch(() => {})
    await until('the tasks are recorded', 20, async () => (await window()).total.succeeded >= 30)
    const {total, gapSeconds, recorder} = await window()
    expect(total.received).toBeGreaterThanOrEqual(60)
    expect(gapSeconds).toBe(0)
    expect(recorder).toMatchObject({host: hub.container('recorder'), pausedBecause: null})

    const of = await findings()
    expect(of('tasks.failure-ratio')?.message).toMatch(/in the last 15 min \(recorder, with gaps\)$/)
    for (const id of ['records', 'keeps-up', 'room', 'complete', 'versions'])
      expect(of(`recorder.${id}`)).toMatchObject({status: 'pass'})

    const stats = JSON.parse((await hub.mon('stats', '--json')).stdout).data
    const success = stats.samples.filter(({metric}: {metric: string}) => metric === 'task_success_ratio')
    expect(success[0]).toMatchObject({source: 'history', note: 'of an incomplete window'})
    expect(stats.history).toBeUndefined()
  })

  it('is missed when it is killed, and the gap is marked when it is back', async () => {
    const before = (await window()).total.succeeded
    await docker('kill', hub.container('recorder'))
    await until('doctor misses it', 90, async () => {
      const of = await findings('--only', 'stack.running,recorder')
      return of('stack.running')?.status === 'warning'
    })
    expect((await hub.mon('up')).code).toBe(0)
    // The other side of a gap is what it writes next.
    await until('the gap has two sides', 30, async () => (await window()).gapSeconds > 1)
    const of = await findings('--only', 'recorder')
    expect(of('recorder.complete')).toMatchObject({
      status: expect.stringMatching(/^(notice|warning)$/),
      message: expect.stringMatching(/ s of the last 15 min were not seen/),
    })
    const {total, gapSeconds, coverage} = await window()
    expect(gapSeconds).toBeGreaterThan(1)
    expect(coverage.complete).toBe(false)
    expect(total.succeeded).toBe(before)
  })

  it('goes with HUB_RECORDER=0, and the hub is whole without it', async () => {
    const without = new TestHub(composeFile, {...variables, HUB_RECORDER: '0'}, project)
    expect((await without.mon('up', '--json')).code).toBe(0)
    expect(await hub.containers()).not.toContain(hub.container('recorder'))
    const {stdout} = await without.mon('doctor', '--only', 'stack.running,recorder.records', '--json')
    const {findings: all} = JSON.parse(stdout).data
    const of = (id: string) => all.find(({check}: Finding) => check === id)
    expect(of('stack.running').status).toBe('pass')
    expect(of('recorder.records').message).toMatch(/gone without a word|told to end|for a minute|recorder on/)
  })

  it('is built by its Dockerfile as Compose builds it, on any image that has Node', async () => {
    const name = `${image}-built`
    await docker(
      'build',
      '--build-arg',
      `NODE_IMAGE=${image}`,
      '-f',
      `${root}/recorder/Dockerfile`,
      '-t',
      name,
      root,
    )
    try {
      const listed = await docker('run', '--rm', '--network', 'none', name, '--version')
      expect(listed).toMatch(/^hub-mon\/\d/)
    } finally {
      await docker('rmi', name)
    }
  })

  it('is built however long the list of libraries of the machine is', async () => {
    const name = `${image}-again`
    const programs = mkdtempSync(join(tmpdir(), 'hub-programs-'))
    const list = 'PATH=/usr/sbin:/sbin ldconfig "$@"; seq -f "%.0f.so (x) => /x" 200000'
    writeFileSync(join(programs, 'ldconfig'), `#!/bin/bash\n${list}\n`, {mode: 0o755})
    try {
      const PATH = `${programs}:${process.env.PATH}`
      await run('bash', [`${root}/hub/recorder-image.sh`, '--image', name], {env: {...process.env, PATH}})
      expect(await docker('run', '--rm', '--network', 'none', name, '--version')).toMatch(/^hub-mon\/\d/)
    } finally {
      rmSync(programs, {recursive: true})
      await docker('rmi', '-f', name)
    }
  })
})
