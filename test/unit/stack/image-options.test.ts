import {execFile} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {describe, expect, it} from 'vitest'

const run = promisify(execFile)
const script = (name: string, ...words: string[]) =>
  run('bash', [fileURLToPath(new URL(`../../../hub/${name}`, import.meta.url)), ...words]).then(
    ({stdout, stderr}) => ({code: 0, said: stdout + stderr}),
    ({code, stderr}) => ({code, said: stderr as string}),
  )

describe.each([
  ['debian-image.sh', '--app-image'],
  ['recorder-image.sh', '--image'],
])('%s', (name, option) => {
  it('says how it is used, and builds nothing then', async () => {
    expect(await script(name, '--help')).toEqual({
      code: 0,
      said: expect.stringMatching(new RegExp(`^usage: ${name} .*\\[${option} NAME\\].*\\[--force\\]\\n$`)),
    })
  })

  it('refuses what it does not know, and an option without a value', async () => {
    for (const [words, said] of [
      [['--force', '--nope'], "unknown argument '--nope'"],
      [[''], "unknown argument ''"],
      [['here'], "unknown argument 'here'"],
      [[option], `${option} wants a value`],
      [[option, ''], `${option} wants a value`],
    ] as const)
      expect(await script(name, ...words)).toEqual({
        code: 64,
        said: expect.stringMatching(new RegExp(`^${said}; usage: ${name} `)),
      })
  })
})

it('tells a reason also for what nobody thought of', async () => {
  const options = fileURLToPath(new URL('../../../hub/image-options.sh', import.meta.url))
  const failing = 'set -euo pipefail; . "$1"; echo a step >&2; cat /dev/null/x | sort; echo done'
  await expect(run('bash', ['-c', failing, 'build', options])).rejects.toMatchObject({
    code: 69,
    stderr: expect.stringMatching(/\nbuild, line \d+: .* failed\n$/),
  })
})
