import {existsSync, readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {checks} from '../../../src/checks/registry.ts'
import {allFaults} from '../../faults/catalogue.ts'
import {rowStart} from '../../faults/page.ts'

const faults = await allFaults()
const page = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8')

describe('the faults', () => {
  it('are those of docs/faults.md, in its order', () => {
    const rows = page.split('\n').filter(line => line.startsWith('| `'))
    const said = rows.map(row => row.match(/^\|[^|]*\|(?:\\\||[^|])*\| `[^`]*`/)?.[0])
    expect(said).toEqual(faults.map(rowStart))
    expect(rows.filter(row => row.includes('not run yet'))).toEqual([])
  })

  it('are run, area by area', () => {
    const files = [
      ...new Set(faults.map(({area}) => new URL(`../../faults/${area}.test.ts`, import.meta.url))),
    ]
    expect(files.filter(file => !existsSync(file)).map(String)).toEqual([])
  })

  it('expect checks that there are', () => {
    const known = new Set<string>(checks.map(({id}) => id))
    const named = faults.flatMap(({fault: {expects, second}}) => [
      ...[expects, ...(second === undefined ? [] : [second.expects])].map(({first}) => first),
      ...Object.keys(expects.alsoAlarms ?? {}),
    ])
    expect(named.filter(check => !known.has(check))).toEqual([])
  })

  it('have titles of their own, sentences without a full stop', () => {
    const titles = faults.map(({fault}) => fault.title)
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.filter(title => !/^[A-Z].*[^.]$/.test(title))).toEqual([])
  })
})
