import {describe, expect, it} from 'vitest'
import type {Container} from '../../../src/snapshot/docker.ts'
import type {Target} from '../../../src/snapshot/snapshot.ts'
import {actingOn, hubMon, refuseForeign, type Stack} from '../../../src/stack/stack.ts'

const target: Target = {
  kind: 'compose',
  how: 'flags',
  project: 'shop',
  composeFile: '/srv/compose.yml',
  startedFromOther: null,
  flags: ['--project-name', 'shop', '--file', '/srv/my compose.yml'],
}

describe('a command to type next', () => {
  it('acts on the same target, quoted for a shell', () => {
    expect(hubMon({target}, 'doctor', '--pre')).toBe(
      "hub-mon doctor --pre --project-name shop --file '/srv/my compose.yml'",
    )
  })

  it('names the other file of a foreign project, quoted for a shell', async () => {
    const stack = {target, project: 'shop', file: '/srv/compose.yml'} as Stack
    const containers = [{configFiles: '/opt/$(touch x)/compose.yml'}] as Container[]
    await expect(refuseForeign(stack, containers)).rejects.toMatchObject({
      exit: 64,
      suggestions: [expect.stringContaining("--file '/opt/$(touch x)/compose.yml'"), expect.any(String)],
    })
    await refuseForeign(stack, [{configFiles: null}] as Container[])
  })
})

describe('actingOn', () => {
  it('refuses addresses alone: 64', () => {
    expect(() => actingOn({...target, kind: 'urls', project: null})).toThrow(
      expect.objectContaining({exit: 64, code: 'no-project'}),
    )
  })
})
