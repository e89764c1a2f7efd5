import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {changed} from './record.mjs'
import {ask, Stop, say} from './system.mjs'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const path = name => join(root, name)

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    throw new Stop(`hub-mon needs Node 20.19 or newer, and this is ${process.versions.node}`, [
      'install a newer Node.js: https://nodejs.org/en/download',
    ])
  say(`✓ Node ${process.versions.node}`)
}

/** The packages of package-lock.json, where node_modules holds others or none. */
export function dependencies() {
  if (isLockInstalled()) return say('✓ npm packages')
  say('  Installing the npm packages')
  const were = existsSync(path('node_modules'))
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci failed', words => words.slice(0, 12))
  if (!were) changed(`npm packages in ${path('node_modules')}`, `rm -r ${path('node_modules')}`)
}

/**
 * npm leaves in node_modules what it installed. Versions are compared, not times: a checkout touches the lock, and
 * an `npm ci` takes node_modules away under whoever uses it.
 */
function isLockInstalled() {
  try {
    const wanted = packagesIn('package-lock.json')
    const installed = packagesIn('node_modules/.package-lock.json')
    return Object.entries(wanted).every(
      ([name, {version, optional, peer}]) =>
        name === '' || installed[name]?.version === version || (!(name in installed) && (optional || peer)),
    )
  } catch {
    return false
  }
}
const packagesIn = file => JSON.parse(readFileSync(path(file), 'utf8')).packages

/** The built program, where it is missing or older than what it is built from. */
export function build() {
  const built = ['dist/main.cjs', 'oclif.manifest.json'].map(name => changedAt(path(name)))
  const sources = [
    'src',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsdown.config.ts',
    'scripts/manifest.mjs',
    'scripts/bundle-slim.ts',
    'scripts/licences.mjs',
  ]
  if (built.every(Boolean) && newest(sources.map(path)) <= Math.min(...built)) return say('✓ Built')
  say('  Building')
  const were = existsSync(path('dist'))
  npm(['run', '--silent', 'build'], 'the build failed', words => words.slice(-30))
  if (!were) changed(`the built program in ${path('dist')}`, `rm -r ${path('dist')}`)
}

/**
 * npm's own words are told only when it fails: they are many, and a set-up is read for its outcome.
 * `telling`: where the reason stands in them, first with `npm ci` and last with a build.
 */
function npm(args, failure, telling) {
  const done = ask('npm', args, {cwd: root, timeout: 10 * 60_000})
  if (done.ok) return
  const words = `${done.stdout}\n${done.stderr}`.split('\n').filter(line => line.trim() !== '')
  throw new Stop(`${failure}:\n${telling(words).join('\n')}`, [`npm ${args.join(' ')}`])
}

const changedAt = file => (existsSync(file) ? statSync(file).mtimeMs : 0)

/** Folders count too: their time tells that a file was taken out. */
function newest(paths) {
  return Math.max(
    ...paths.map(each => {
      const own = changedAt(each)
      if (!own || !statSync(each).isDirectory()) return own
      return Math.max(own, newest(readdirSync(each).map(name => join(each, name))))
    }),
  )
}
