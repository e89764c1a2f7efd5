import {execFileSync} from 'node:child_process'
import {mkdir, symlink} from 'node:fs/promises'
import path from 'node:path'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The compose file is written for Compose v2, and only v1 is installed',
  async breakIt(hub) {
    await hub.edit(/^services:/m, `name: ${hub.project}\nservices:`)
    const programs = path.join(hub.folder, '.old')
    const usual = hub.env.PATH ?? ''
    await mkdir(programs, {recursive: true})
    const old = execFileSync('which', ['docker-compose'], {encoding: 'utf8'}).trim()
    // No docker command, which would know where its plugins are.
    for (const [name, target] of Object.entries({
      node: process.execPath,
      sh: '/bin/sh',
      'docker-compose': old,
    }))
      await symlink(target, path.join(programs, name))
    hub.env.PATH = `${path.join(hub.folder, '.local/bin')}:${programs}`
    return usual
  },
  expects: {first: 'compose.file-valid', verdict: 'warning', says: /'name' does not match/},
  cure: {
    decision:
      /^docker-compose 1\.\S+ may be too old for it: install the package docker-compose-plugin, or correct /,
    carryOut: async (hub, usual) => {
      hub.env.PATH = usual
    },
    afterwards: 'typed',
  },
  tidy: hub => hub.restoreFile(),
  // v1 takes a second for each word: on a busy machine it is not done in time.
  slow: true,
})
