// Writes what oclif would otherwise find out at every start, and the licences of what the bundle holds.
import {readFileSync, writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {Plugin} from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
const plugin = new Plugin({
  root,
  type: 'core',
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
})
await plugin.load()
writeFileSync(`${root}oclif.manifest.json`, `${JSON.stringify(plugin.manifest)}\n`)

const bundled = JSON.parse(readFileSync(`${root}dist/bundled.json`, 'utf8'))
const {licenceList} = await import('./licences.mjs')
writeFileSync(`${root}THIRD-PARTY-LICENSES.md`, licenceList(root, bundled))
