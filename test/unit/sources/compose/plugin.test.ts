import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {findPlugin} from '../../../../src/sources/compose/plugin.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hub-mon-plugin-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

function write(name: string, mode = 0o755, text = ''): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), {recursive: true})
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

const environment = () => ({PATH: path.join(folder, 'bin'), DOCKER_CONFIG: path.join(folder, 'config')})

describe('findPlugin', () => {
  it('looks where docker looks: its own folder, then those that its configuration names', () => {
    write('bin/docker')
    const extra = write('extra/docker-compose')
    write('config/config.json', 0o644, JSON.stringify({cliPluginsExtraDirs: [path.dirname(extra)]}))
    expect(findPlugin(environment())).toBe(extra)
    const own = write('config/cli-plugins/docker-compose')
    expect(findPlugin(environment())).toBe(own)
    chmodSync(own, 0o644)
    expect(findPlugin(environment())).toBe(extra)
  })

  it('finds none without docker, whose plugin it is', () => {
    write('config/cli-plugins/docker-compose')
    expect(findPlugin(environment())).toBeNull()
  })

  it('bears with a configuration that is none', () => {
    write('bin/docker')
    const own = write('config/cli-plugins/docker-compose')
    write('config/config.json', 0o644, '{broken')
    expect(findPlugin(environment())).toBe(own)
  })
})
