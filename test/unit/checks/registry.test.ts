import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {pageOf} from '../../../src/checks/check.ts'
import {checks} from '../../../src/checks/registry.ts'
import {checkMarkdown, checkText} from '../../../src/render/check-page.ts'
import {sourceIds} from '../../../src/snapshot/reading.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const files = readdirSync(path.join(root, 'src/checks')).filter(file => file.includes('.', 1))

describe('the registry of checks', () => {
  it('has every file that is named like a check, and each check a file of its name', () => {
    const named = files.filter(file => /^[a-z]+\.[a-z-]+\.ts$/.test(file)).map(file => file.slice(0, -3))
    expect(checks.map(({id}) => id).sort()).toEqual(named.sort())
  })

  it('has ids that begin with their category, each once', () => {
    expect(checks.filter(({id, category}) => !id.startsWith(`${category}.`))).toEqual([])
    expect(new Set(checks.map(({id}) => id)).size).toBe(checks.length)
  })

  it('follows and roots only what there is', () => {
    const ids = new Set<string>(checks.map(({id}) => id))
    const causes = checks.flatMap(({follows = []}) =>
      follows.map(cause => (typeof cause === 'string' ? cause : cause.check)),
    )
    expect(causes.filter(cause => !ids.has(cause))).toEqual([])
    // The results are a second opinion on tasks: without them Flower or the nodes still tell; a recorder is not everybody's. Logs say more of what others have found.
    const rooted = new Set(checks.map(({roots}) => roots))
    expect(
      sourceIds.filter(
        source => !['results', 'finished', 'history', 'logs'].includes(source) && !rooted.has(source),
      ),
    ).toEqual([])
  })

  it('says how to confirm and how to cure each', () => {
    expect(checks.filter(({confirm, cure}) => confirm.length === 0 || cure.length === 0)).toEqual([])
  })

  it('has a page of the manual for each check, with its own words', () => {
    for (const check of checks) {
      const page = readFileSync(path.join(root, pageOf(check.id)), 'utf8')
      const told = [check.title, check.looksAt, check.why, ...check.confirm, ...check.cure]
      expect([check.id, told.filter(words => !page.includes(words))]).toEqual([check.id, []])
    }
  })

  it('tells the same on its page and by explain', () => {
    const words = (text: string) => text.match(/[\p{L}\d]{4,}/gu) ?? []
    for (const check of checks) {
      const page = new Set(words(checkMarkdown(check, '')))
      expect([
        check.id,
        words(checkText(check)).filter(word => !page.has(word) && word !== 'severity' && word !== 'category'),
      ]).toEqual([check.id, []])
    }
  })
})

describe('the manual', () => {
  it('is what the registries say: npm run docs, or node scripts/docs.mjs, writes it', () => {
    const run = () =>
      execFileSync(process.execPath, ['scripts/docs.mjs', '--check'], {cwd: root, encoding: 'utf8'})
    expect(run).not.toThrow()
  })
})
