#!/usr/bin/env node
// CommonJS (bin/package.json): Node reads an ES module by way of its thread pool, which costs 6 ms at every start.
const {readFileSync} = require('node:fs')
const Module = require('node:module')
const path = require('node:path')

const argv = process.argv.slice(2)
const root = path.join(__dirname, '..', path.sep)

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // Answered before the framework is loaded: scripts ask this often.
  const {name, version} = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  if (Module.enableCompileCache) Module.enableCompileCache()
  else require('./compile-cache.js').enableCompileCache(`${root}dist/`)
  require('../dist/main.cjs').main({root, argv})
}
