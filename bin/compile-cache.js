// Keeps what V8 has compiled, for Node before 22.8, which has no module.enableCompileCache() of its own.
//
// Code is run from this cache, so it is kept like a private key: in a folder that belongs to this user and that nobody else
// may enter; with any doubt there is no cache. A file is known by its path, size and time, because V8 itself compares no more
// than the length of the source. Nothing here may ever fail a command.
const {createHash} = require('node:crypto')
const {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs')
const Module = require('node:module')
const {homedir} = require('node:os')
const path = require('node:path')
const vm = require('node:vm')

module.exports = {enableCompileCache}

/** Compiles the files below `folder` with the help of what earlier runs have left. */
function enableCompileCache(folder) {
  const cache = privateFolder()
  if (cache === null) return
  const fresh = []
  const compile = Module.prototype._compile
  Module.prototype._compile = function (content, filename) {
    if (!filename.startsWith(folder)) return compile.call(this, content, filename)
    const kept = path.join(cache, nameFor(filename))
    const cachedData = read(kept)
    const script = new vm.Script(Module.wrap(content), {
      filename,
      cachedData,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    if (cachedData === undefined || script.cachedDataRejected) fresh.push({kept, script})
    const run = script.runInThisContext()
    return run.call(
      this.exports,
      this.exports,
      Module.createRequire(filename),
      this,
      filename,
      path.dirname(filename),
    )
  }
  // At the end, so that the functions that were used are in it, and not only the outermost ones.
  process.once('exit', () => {
    for (const {kept, script} of fresh) keep(kept, script)
    if (fresh.length > 0) forgetOld(cache)
  })
}

function privateFolder() {
  try {
    const base = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache')
    const folder = path.join(base, 'hub-mon', `${process.version}-${process.arch}`)
    mkdirSync(folder, {recursive: true, mode: 0o700})
    const {uid, mode} = lstatSync(folder)
    const own = lstatSync(path.dirname(folder))
    const isOurs = [uid, own.uid].every(owner => owner === process.getuid())
    return isOurs && own.isDirectory() && (mode & 0o077) === 0 ? folder : null
  } catch {
    return null
  }
}

function nameFor(filename) {
  const {size, mtimeMs} = statSync(filename)
  return createHash('sha1').update(`${filename}\0${size}\0${mtimeMs}`).digest('hex')
}

function read(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

function keep(file, script) {
  try {
    const unfinished = `${file}.${process.pid}`
    writeFileSync(unfinished, script.createCachedData(), {mode: 0o600})
    renameSync(unfinished, file)
  } catch {
    // A full disk or a read-only home: the next start takes as long as this one.
  }
}

/** What an earlier version has left; what is still in use is compiled once more. */
function forgetOld(cache) {
  const month = 30 * 24 * 3600 * 1000
  try {
    for (const file of readdirSync(cache).map(name => path.join(cache, name)))
      if (Date.now() - statSync(file).mtimeMs > month) rmSync(file)
  } catch {
    // Another run forgets it.
  }
}
