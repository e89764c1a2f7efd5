import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {docker, TestHub, until} from '../services/hub.ts'

const canary = 'canary-of-the-logs'
let folder: string
let hub: TestHub

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-'))
  const file = path.join(folder, 'compose.yml')
  const talk = (name: string, tty: boolean) => `
  ${name}:
    image: redis:7-alpine
    container_name: \${COMPOSE_PROJECT_NAME}-${name}
    tty: ${tty}
    environment: {API_TOKEN: ${canary}}
    entrypoint:
      - sh
      - -c
      - 'trap exit TERM; i=0; while :; do i=$$((i+1)); echo "${name} $$i"; [ $$i = 3 ] && printf "raw \\033[2J\\033[31m\\a $$API_TOKEN\\n" >&2; sleep 0.1; done'
`
  await writeFile(file, `services:${talk('one', false)}${talk('two', true)}`)
  hub = new TestHub(file)
  await hub.compose('up', '-d')
  await until('both have said enough', 30, async () => {
    const said = await Promise.all(['one', 'two'].map(name => docker('logs', hub.container(name))))
    return said.every(text => text.split('\n').length > 12)
  })
})
afterAll(async () => {
  await hub.remove()
  await rm(folder, {recursive: true})
})

const lines = (stdout: string) => stdout.trimEnd().split('\n')

describe('logs', () => {
  it('come in the order of time, services side by side, with a tty and without', async () => {
    const {code, stdout} = await hub.mon('logs', '--json', '--tail', '1000')
    expect(code).toBe(0)
    const entries = lines(stdout).map(line => JSON.parse(line))
    expect(entries.map(({time}) => time)).toEqual(entries.map(({time}) => time).sort())
    expect(new Set(entries.map(({service}) => service))).toEqual(new Set(['one', 'two']))
    expect(entries[0]).toMatchObject({type: 'log', text: expect.stringMatching(/^(one|two) 1$/)})
  })

  it('are clean and masked when piped', async () => {
    const {stdout} = await hub.mon('logs', '--tail', '1000')
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
    expect(stdout).not.toContain(canary)
    expect(stdout).toMatch(/^one \| raw .*\*\*\*$/m)
    expect((await hub.mon('logs', '--json')).stdout).not.toContain(canary)
  })

  it('are coloured by service when asked', async () => {
    const coloured = new TestHub(hub.file, {NO_COLOR: '', FORCE_COLOR: '1'}, hub.project)
    const {stdout} = await coloured.mon('logs', '--tail', '1')
    const [first, second] = ['one', 'two'].map(
      name => new RegExp(`\\u001b\\[(\\d+)m${name} \\|`).exec(stdout)?.[1],
    )
    expect(first).toBeDefined()
    expect(first).not.toBe(second)
  })

  it('can be cut by service, by number and by time', async () => {
    const {stdout} = await hub.mon('logs', 'one', '-n', '2', '--timestamps')
    expect(lines(stdout)).toHaveLength(2)
    expect(lines(stdout)[0]).toMatch(/^one \| 20\d\d-\d\d-\d\dT[\d:.]+Z one \d+$/)
    expect((await hub.mon('logs', '--since', '1m')).stdout).not.toBe('')
    expect((await hub.mon('logs', '--since', '2099-01-01')).stdout).toBe('')
    expect((await hub.mon('logs', '--since', 'yesterday')).code).toBe(64)
    expect((await hub.mon('logs', 'noe')).stderr).toContain('did you mean one?')
  })

  it('can be read by whoever stops reading', async () => {
    const {child, ended} = hub.start(['logs', '--follow', '--tail', '1000'])
    child.stdout?.once('data', () => child.stdout?.destroy())
    const {code, stderr} = await ended
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  it('go on with --follow over a restart, without a gap or a double, until Ctrl-C', async () => {
    const following = hub.start(['logs', 'one', '--follow', '--tail', '1', '--timestamps'])
    await until('the first line', 30, () => following.output() !== '')
    await docker('restart', '--time', '2', hub.container('one'))
    await until('lines of the new run', 30, () => /one 1\n(.*\n)*.*one 5\n/.test(following.output()))
    const asked = performance.now()
    following.child.kill('SIGINT')
    const {code, stdout} = await following.ended
    expect(code).toBe(130)
    expect(performance.now() - asked).toBeLessThan(3000)

    const shown = lines(stdout).map(line => line.replace(/^one \| /, ''))
    const first = shown[0]?.split(' ')[0]
    const last = shown.at(-1)?.split(' ')[0]
    const whole = (await docker('logs', '--timestamps', hub.container('one')))
      .split('\n')
      .filter(line => / one \d+$/.test(line))
      .filter(line => line >= `${first}` && (line.split(' ')[0] ?? '') <= `${last}`)
    expect(shown.filter(line => / one \d+$/.test(line))).toEqual(whole)
  })
})
