import {chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {homedir, tmpdir} from 'node:os'
import {join} from 'node:path'
import {apt, candidate, install, ownMirrors, refreshLists} from './apt.mjs'
import {changed} from './record.mjs'
import {ask, osRelease, Stop, say, tail, which} from './system.mjs'

// Told apart by version: Compose v1 answers an unknown option with its usage and the exit code 0.
const versionIn = answer => (answer.ok ? (/^v?(\d+\.\d+\.\d+\S*)$/m.exec(answer.stdout)?.[1] ?? null) : null)
const atLeastTwo = version => version !== null && Number.parseInt(version, 10) >= 2

/** `{v2, v1}`: the version of each, or `null`. */
export function compose() {
  const plugin = which('docker') ? versionIn(ask('docker', ['compose', 'version', '--short'])) : null
  const program = which('docker-compose') ? versionIn(ask('docker-compose', ['version', '--short'])) : null
  return {
    v2: atLeastTwo(plugin) ? plugin : atLeastTwo(program) ? program : null,
    v1: program !== null && !atLeastTwo(program) ? program : null,
  }
}

/** Compose v2 from a package of this distribution, else from the next Debian's, unpacked for this user alone. */
export function installComposeV2() {
  refreshLists()
  for (const name of ['docker-compose-v2', 'docker-compose-plugin', 'docker-compose']) {
    const version = candidate(name)
    if (version === null || /^(\d+:)?[01]\./.test(version)) continue
    install([name], 'Compose v2')
    return
  }
  if (osRelease()?.id !== 'debian')
    throw new Stop('no package of this system brings Compose v2', ['apt-cache search docker-compose'])
  unpackFromNextDebian()
}

/**
 * Debian 12 has Compose v1 only. The package of Debian 13 is one static program that asks for an old libc: it is
 * fetched with apt's own signature check, from a folder of lists of its own, and put where docker looks for plugins.
 * Nothing is added to this machine's sources.
 */
function unpackFromNextDebian() {
  const mirror = ownMirrors().find(each => each.origin === 'Debian' && each.label === 'Debian')
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  if (!mirror) throw new Stop('apt knows no Debian mirror to take Compose v2 from', ['apt-get update'])
  say('Taking Compose v2 from the package of Debian 13 (this Debian has v1 only)')
  const folder = mkdtempSync(join(tmpdir(), 'hub-mon-compose-'))
  try {
    for (const each of ['lists/partial', 'cache/archives/partial'])
      mkdirSync(join(folder, each), {recursive: true})
    writeFileSync(join(folder, 'status'), '')
    writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${keyring}] ${mirror.uri} trixie main\n`)
    const own = [
      `Dir::Etc::sourcelist=${folder}/sources.list`,
      'Dir::Etc::sourceparts=-',
      `Dir::State::lists=${folder}/lists`,
      `Dir::State::status=${folder}/status`,
      `Dir::Cache=${folder}/cache`,
      'APT::Sandbox::User=root', // the folder is ours alone: _apt could not write into it
      'Acquire::Languages=none',
    ].flatMap(option => ['-o', option])
    apt([...own, 'update', '-q'], {why: 'to read the lists of Debian 13'})
    apt([...own, 'download', '-q', 'docker-compose'], {why: 'to fetch Compose v2', cwd: folder})
    const unpacked = ask('sh', ['-c', 'dpkg -x docker-compose_*.deb tree'], {cwd: folder, timeout: 60_000})
    if (!unpacked.ok) throw new Stop(`Compose v2 could not be unpacked: ${tail(unpacked.stderr, 1)}`)
    const plugins = join(process.env.DOCKER_CONFIG || join(homedir(), '.docker'), 'cli-plugins')
    const target = join(plugins, 'docker-compose')
    mkdirSync(plugins, {recursive: true})
    copyFileSync(join(folder, 'tree/usr/libexec/docker/cli-plugins/docker-compose'), target)
    chmodSync(target, 0o755)
    changed(`Compose v2 as ${target}`, `rm ${target}`)
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
  if (compose().v2 === null)
    throw new Stop('Compose v2 was unpacked but docker does not see it', ['docker compose version'])
}
