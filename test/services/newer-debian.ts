import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir, userInfo} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {root} from './hub.ts'

const run = promisify(execFile)
/** After Debian 12, which this runs on, and 13: by it comes what the world pulls from a registry. */
const suite = 'forky'
const most = {timeout: 170_000, maxBuffer: 16 * 1024 * 1024}

/** The proxy's image with Caddy 2.11, or `null` where apt's mirror has no newer Debian, which is said. Kept for the next test. */
export async function newerProxy(): Promise<string | null> {
  const image = `hub-mon/caddy:${suite}`
  return (await build('proxy-image.sh', '--image', image)) ? image : null
}

/** The hub's images with Redis 8, Celery 5.6 and redis-py 6, or `null`: as above. */
export async function newerHub(): Promise<{redis: string; app: string} | null> {
  const images = {redis: `hub-mon/redis:${suite}`, app: `hub-mon/hub:${suite}`}
  const names = ['--redis-image', images.redis, '--app-image', images.app]
  return (await build('debian-image.sh', ...names)) ? images : null
}

/** The scripts ask apt for everything, so that an apt that knows another suite has them build of that, libraries and all. */
async function build(script: string, ...words: string[]): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-newer-'))
  try {
    const env = {...process.env, LC_ALL: 'C', APT_CONFIG: await aptOf(folder)}
    try {
      await run('apt-get', ['update', '-q'], {env, ...most})
    } catch (error) {
      const {stderr = ''} = error as {stderr?: string}
      if (!/does not have a Release file/.test(stderr)) throw error
      process.stderr.write(`apt's mirror has no Debian ${suite}: what needs it is not tested here\n`)
      return false
    }
    await run(path.join(root, 'hub', script), words, {env, ...most})
    return true
  } finally {
    await rm(folder, {recursive: true})
  }
}

/** An apt of its own, on the mirror that this machine is set up with; signatures are checked as ever. */
async function aptOf(folder: string): Promise<string> {
  const asked = ['indextargets', '--format', '$(REPO_URI) $(ORIGIN) $(LABEL)', 'Created-By: Packages']
  const {stdout} = await run('apt-get', asked)
  const [mirror] = /^\S+(?= Debian Debian$)/m.exec(stdout) ?? ['']
  if (mirror === '') throw new Error("apt names no mirror of Debian: see that 'apt-get update' has run")
  const place = (name: string) => path.join(folder, name)
  for (const name of ['lists/partial', 'cache/archives/partial']) await mkdir(place(name), {recursive: true})
  await writeFile(place('sources.list'), `deb ${mirror} ${suite} main\n`)
  const settings = {
    'Dir::Etc::sourcelist': place('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': place('lists'),
    'Dir::Cache': place('cache'),
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': userInfo().username,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`)
  await writeFile(place('apt.conf'), lines.join(''))
  return place('apt.conf')
}
