import {execFileSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {bothAuthorities, makeRedisTls} from '../../../src/secrets/authority.ts'

type Tls = Awaited<ReturnType<typeof makeRedisTls>>
let folder: string
let [first, second, third]: Tls[] = []
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-authority-'))
  const make = () => makeRedisTls(folder, new AbortController().signal)
  ;[first, second, third] = await Promise.all([make(), make(), make()])
})
afterAll(() => rm(folder, {recursive: true}))

const files = (redis_tls: string, redis_ca: string) => new Map(Object.entries({redis_tls, redis_ca}))

describe('authorities of Redis', () => {
  it('are the new one, which comes first, and the one of the certificate in force', () => {
    const both = bothAuthorities(second?.redis_ca ?? '', files(first?.redis_tls ?? '', first?.redis_ca ?? ''))
    expect(both).toBe(`${second?.redis_ca}${first?.redis_ca}`)
    const bundle = path.join(folder, 'both.pem')
    writeFileSync(bundle, both)
    for (const [place, one] of [first, second].entries()) {
      const file = path.join(folder, `${place}.pem`)
      writeFileSync(file, one?.redis_tls ?? '')
      expect(execFileSync('openssl', ['verify', '-CAfile', bundle, file], {encoding: 'utf8'})).toContain(
        ': OK',
      )
    }
  })

  it('are no others: what a renewal that was broken off has left behind goes', () => {
    const left = bothAuthorities(second?.redis_ca ?? '', files(first?.redis_tls ?? '', first?.redis_ca ?? ''))
    expect(bothAuthorities(third?.redis_ca ?? '', files(first?.redis_tls ?? '', left))).toBe(
      `${third?.redis_ca}${first?.redis_ca}`,
    )
  })

  it('are the new one alone where nobody vouches for what is in force', () => {
    expect(bothAuthorities('NEW', files('no certificate', first?.redis_ca ?? ''))).toBe('NEW')
  })
})
