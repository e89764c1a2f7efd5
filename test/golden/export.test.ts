import {expect, test} from 'vitest'
import {exportFormats} from '../../src/render/export/registry.ts'
import {asRead, fourMinutes, textOf} from '../fixtures/recorded.ts'

test.each(Object.entries(exportFormats))('an export as %s', async (name, format) => {
  // A series has dozens of lines there.
  const buckets = name === 'openmetrics' ? fourMinutes.slice(0, 1) : fourMinutes
  await expect(await textOf(format(asRead(buckets)))).toMatchFileSnapshot(`./export/${name}.txt`)
})
