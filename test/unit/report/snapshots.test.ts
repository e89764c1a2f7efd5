import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {incidents} from '../../fixtures/broken.ts'

const folder = new URL('../../fixtures/snapshots/', import.meta.url)

describe('the incidents as files', () => {
  it('are all there, and no others', () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(incidents)
        .map(name => `${name}.json`)
        .sort(),
    )
  })

  it.each(Object.entries(incidents))('%s is as it is built', (name, make) => {
    expect(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))).toEqual(make())
  })
})
