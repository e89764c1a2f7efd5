import {mkdir, symlink} from 'node:fs/promises'
import path from 'node:path'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'Docker Compose is not installed',
  // No docker command either, which would know where its plugins are.
  async breakIt(hub) {
    const programs = path.join(hub.folder, '.few')
    const usual = hub.env.PATH ?? ''
    await mkdir(programs, {recursive: true})
    await symlink(process.execPath, path.join(programs, 'node'))
    await symlink('/bin/sh', path.join(programs, 'sh'))
    hub.env.PATH = `${path.join(hub.folder, '.local/bin')}:${programs}`
    return usual
  },
  expects: {first: 'compose.available', verdict: 'warning', says: /^there is no Docker Compose/},
  cure: {
    decision: /^install the package docker-compose-plugin/,
    carryOut: async (hub, usual) => {
      hub.env.PATH = usual
    },
  },
})
