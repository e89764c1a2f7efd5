#!/usr/bin/env node
import {readFileSync} from 'node:fs'
import module, {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'

const argv = process.argv.slice(2)
const root = fileURLToPath(new URL('..', import.meta.url))

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // Answered before the framework is loaded: scripts ask this often.
  const {name, version} = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  if (module.enableCompileCache) module.enableCompileCache()
  else (await import('./compile-cache.js')).enableCompileCache(`${root}dist/`)
  await createRequire(import.meta.url)('../dist/main.cjs').main({root, argv})
}
