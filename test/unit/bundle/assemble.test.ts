import {describe, expect, it} from 'vitest'
import {assemble, mostTextBytes} from '../../../src/bundle/assemble.ts'
import type {Part} from '../../../src/bundle/entry.ts'
import {readme} from '../../../src/bundle/words.ts'
import {Secrets} from '../../../src/snapshot/secrets.ts'
import {SourceError} from '../../../src/snapshot/source-error.ts'

const never = new AbortController().signal
const part = (name: string, read: Part['read']): Part => ({name, what: `what ${name} is`, read})

async function assembled(parts: Part[], secrets = new Secrets(), seconds = 5) {
  const all = await assemble(parts, {secrets, seconds, signal: never})
  return Object.fromEntries(all.map(({entry, text}) => [entry.name, {...entry, text}]))
}

describe('the parts of a bundle', () => {
  it('are masked by what any of them finds out, also the first by the last', async () => {
    const secrets = new Secrets()
    const parts = [
      part('a.txt', async () => ({lines: ['the word is hunter22', 'and \u001b[2J']})),
      part('b.json', async () => ({json: {hunter22: ['a hunter22 b'], n: 22}})),
      part('c.txt', async () => {
        await new Promise(resolve => setTimeout(resolve, 20))
        secrets.add('hunter22')
        return {lines: []}
      }),
    ]
    const {'a.txt': text, 'b.json': json} = await assembled(parts, secrets)
    expect(text).toMatchObject({
      text: 'the word is ***\nand \\x1b[2J\n',
      masked: 1,
      truncated: null,
      missing: null,
    })
    expect(JSON.parse(json?.text ?? '')).toEqual({'***': ['a *** b'], n: 22})
    expect(json?.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(json?.bytes).toBe(json?.text?.length)
  })

  it('that cannot be read are told with the reason, masked, and the others go on', async () => {
    const secrets = new Secrets()
    secrets.add('hunter22')
    const parts = [
      part('refused', async () => {
        throw new SourceError('refused', 'nothing listens with hunter22')
      }),
      part('late', () => new Promise(() => {})),
      part('broken', async () => {
        throw new TypeError('x is undefined')
      }),
      part('fine', async () => ({lines: ['x']})),
    ]
    const {refused, late, broken, fine} = await assembled(parts, secrets, 0.1)
    expect(refused).toMatchObject({
      missing: {code: 'refused', message: 'nothing listens with ***'},
      text: null,
      bytes: null,
      sha256: null,
    })
    expect(late?.missing).toEqual({code: 'timeout', message: 'late could not be had within 0.1 s'})
    expect(broken?.missing).toEqual({code: 'unexpected', message: 'x is undefined'})
    expect(fine?.text).toBe('x\n')
  })

  it('of text keep their end, and documents that are too large are left out', async () => {
    const line = 'x'.repeat(1023)
    const lines = Array.from({length: 600}, (_, nth) => `${nth} ${line}`)
    const {long, large} = await assembled([
      part('long', async () => ({lines})),
      part('large', async () => ({json: 'x'.repeat(33 * 1024 * 1024)})),
    ])
    expect(long?.bytes).toBeLessThanOrEqual(mostTextBytes)
    expect(long?.truncated).toMatch(/^the last \d+ of 600 lines$/)
    expect(long?.text?.endsWith(`599 ${line}\n`)).toBe(true)
    expect(large?.missing?.code).toBe('too-large')
  })

  it('end at once with Ctrl-C', async () => {
    const stop = new AbortController()
    const pending = assemble([part('late', () => new Promise(() => {}))], {
      secrets: new Secrets(),
      seconds: 60,
      signal: stop.signal,
    })
    stop.abort(new Error('interrupted'))
    await expect(pending).rejects.toThrow('interrupted')
  })

  it('are named in README.txt, with what is not there', async () => {
    const all = await assemble(
      [
        part('a', async () => ({lines: ['x']})),
        part('b', async () => {
          throw new SourceError('refused', 'nothing listens')
        }),
      ],
      {secrets: new Secrets(), seconds: 5, signal: never},
    )
    const text = readme(
      {tool: '1.2.3', takenAt: '2026-11-25T00:00:00Z', hub: 'project shop'},
      all.map(({entry}) => entry),
    )
    expect(text).toContain('  a  what a is: 2 B\n  b  what b is: not there: nothing listens\n')
  })
})
