import {existsSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Command} from '@oclif/core'
import {describe, expect, it} from 'vitest'
import {commonFlags} from '../../src/cli/flags.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const filesIn = (folder: string, ending: string) =>
  readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'}).filter(file =>
    file.endsWith(ending),
  )
const pages = ['README.md', 'CONTRIBUTING.md', ...filesIn('docs', '.md').map(file => `docs/${file}`)]

const commands = new Map(
  await Promise.all(
    filesIn('src/commands', '.ts').map(async file => {
      const {default: command} = (await import(path.join(root, 'src/commands', file))) as {
        default: typeof Command
      }
      return [file.replace(/\.ts$/, '').replaceAll('/', ' '), command] as const
    }),
  ),
)

/** `hub-mon …` as it stands in code, up to where the shell or the sentence goes on with something else. */
function commandLines(text: string): string[] {
  const code = [
    ...[...text.matchAll(/^```(?:sh|yaml)\n(.*?)^```/gms)].flatMap(([, block = '']) => block.split('\n')),
    ...[...text.matchAll(/`([^`\n]+)`/g)].map(([, inline = '']) => inline),
  ]
  return code.flatMap(line =>
    [...line.matchAll(/(?:^|[\s(;])hub-mon ((?:'[^']*'|"[^"]*"|[^|;#&)'"])*)/g)].map(([, rest = '']) =>
      rest.trim(),
    ),
  )
}

/** What is wrong with a command line; `null` when it can be typed. */
function fault(line: string): string | null {
  const words = line.split(/\s+/).filter(word => word !== '' && word !== '…')
  const [first] = words
  if (first === undefined || first.startsWith('-')) return null
  const name = [words.slice(0, 2).join(' '), first].find(candidate => commands.has(candidate))
  const command = name === undefined ? undefined : commands.get(name)
  if (command === undefined) return `no command: ${line}`
  const known = {...commonFlags, ...command.flags}
  const unknown = words
    .filter(word => /^--\w/.test(word))
    .map(word => word.slice(2).replace(/=.*/, ''))
    .filter(flag => !Object.hasOwn(known, flag) && !Object.hasOwn(known, flag.replace(/^no-/, '')))
  return unknown.length === 0 ? null : `no flag ${unknown.join(', ')}: ${line}`
}

describe('the documentation', () => {
  it('has commands to look at', () => {
    expect(pages.flatMap(page => commandLines(read(page))).length).toBeGreaterThan(80)
    expect(fault('doctor --nonsense')).toMatch(/no flag/)
    expect(fault('docter')).toMatch(/no command/)
  })

  it.each(pages)('%s names commands and flags that there are', page => {
    expect(commandLines(read(page)).flatMap(line => fault(line) ?? [])).toEqual([])
  })

  it.each(pages)('%s links to what is there', page => {
    const links = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
    const gone = links
      .filter(target => !/^[a-z]+:/.test(target))
      .filter(target => !existsSync(path.join(root, path.dirname(page), target)))
    expect(gone).toEqual([])
  })

  it('lists every schema', () => {
    const listed = [...read('docs/json.md').matchAll(/`(?:hub-mon\/)?([a-z-]+@\d+)`/g)].map(
      ([, name]) => name,
    )
    const schemas = filesIn('schemas', '.json').map(file => file.replace(/\.json$/, ''))
    expect([...new Set(listed)].sort()).toEqual(schemas.sort())
  })

  it('is where errors and findings say', () => {
    const named = filesIn('src', '.ts').flatMap(file =>
      [...read(`src/${file}`).matchAll(/docs\/[a-z-]+\.md/g)].map(([page]) => page),
    )
    expect(named.length).toBeGreaterThan(1)
    expect(named.filter(page => !existsSync(path.join(root, page)))).toEqual([])
  })
})
