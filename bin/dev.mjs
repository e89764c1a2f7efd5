#!/usr/bin/env node
// Runs the sources as they stand: no build, no manifest.
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {register} from 'tsx/esm/api'

register()
const {Plugin} = await import('@oclif/core')
const {main} = await import('../src/cli/main.ts')
const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
pjson.oclif.commands = './src/commands'
const plugin = new Plugin({root, pjson, type: 'core', isRoot: true, ignoreManifest: true})
await plugin.load()
await main({root, argv: process.argv.slice(2), plugins: new Map([[plugin.name, plugin]])})
