import {readdirSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import type {Command} from '@oclif/core'
import {describe, expect, it} from 'vitest'
import {commonFlags} from '../../../src/cli/flags.ts'

const folder = fileURLToPath(new URL('../../../src/commands', import.meta.url))
const files = readdirSync(folder, {recursive: true, encoding: 'utf8'})
  .filter(file => file.endsWith('.ts'))
  .sort()

async function load(file: string): Promise<typeof Command> {
  const module = (await import(`${folder}/${file}`)) as {default: typeof Command}
  return module.default
}

type Flag = {char?: string; type: string; options?: readonly string[]; multiple?: boolean; summary?: string}

/** What a script relies on: a change here is a change for users, and belongs in the changelog. */
async function surface(file: string): Promise<string> {
  const command = await load(file)
  const words = file.replace(/\.ts$/, '').replaceAll('/', ' ')
  const argumentsLine = Object.entries(command.args ?? {})
    .map(
      ([name, {required, options}]) =>
        `${required ? name : `[${name}]`}${options ? `=${options.join('|')}` : ''}`,
    )
    .join(' ')
  const flags = Object.entries((command.flags ?? {}) as Record<string, Flag>).map(
    ([name, {char, type, options, multiple}]) =>
      `    --${name}${char ? ` -${char}` : ''}${type === 'option' ? `=<${options?.join('|') ?? 'value'}>` : ''}${multiple ? ' …' : ''}`,
  )
  return [`${words} ${argumentsLine}`.trim(), ...flags.sort()].join('\n')
}

describe('commands', () => {
  it('keep their names, arguments and flags', async () => {
    const surfaces = await Promise.all(files.map(surface))
    await expect(`${surfaces.join('\n')}\n`).toMatchFileSnapshot('commands.txt')
  })

  it('share the common flags', () => {
    expect(Object.keys(commonFlags)).toEqual([
      'file',
      'project-name',
      'redis-url',
      'flower-url',
      'config',
      'timeout',
      'json',
      'quiet',
      'verbose',
      'color',
    ])
  })

  it.each(files)('%s says what it does, shows how, and takes no argument from a loop’s stdin', async file => {
    const command = await load(file)
    expect(command.summary?.length).toBeGreaterThan(10)
    expect(command.summary).not.toMatch(/\.$/)
    expect(command.examples.length).toBeGreaterThan(0)
    for (const argument of Object.values(command.args ?? {})) expect(argument.ignoreStdin).toBe(true)
    for (const flag of Object.values((command.flags ?? {}) as Record<string, Flag>))
      expect(flag.summary).toBeTypeOf('string')
  })
})
