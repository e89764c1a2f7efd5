import {randomBytes} from 'node:crypto'
import {chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat} from 'node:fs/promises'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {commandLine, shellWord} from '../render/text/shell.ts'
import {SourceError} from '../snapshot/source-error.ts'
import type {Engine} from '../sources/docker/engine.ts'
import {mountedAt, runAsRoot} from '../sources/docker/run-as-root.ts'
import {folderMode, isLive, proxyData, type SecretFile, secretFile} from './files.ts'
import {secretsVariable} from './folder.ts'

export type Text = {name: string; text: string}

/** Reads and writes the files of a folder of secrets, whoever they belong to. */
export type Keeper = {
  /** The text of those that are there. Throws a `HubError` (77, 69) where that takes root and nobody lends it. */
  read: (names: readonly string[]) => Promise<Map<string, string>>
  /**
   * Writes each as a whole and hands it to its service: beside it, with its mode and its owner, then renamed. Nobody else can
   * read it in between. Throws a `HubError` (77, 69).
   */
  write: (files: readonly Text[]) => Promise<void>
  /** The same, but for what is live: that is written in place. */
  update: (files: readonly Text[]) => Promise<void>
  /** Makes the proxy's own folder, where there is none. */
  makeProxyData: () => Promise<boolean>
}

export type KeeperOptions = {
  folder: string
  /** Who may use the engine is root already: a container hands over what we cannot. */
  engine: () => Promise<Engine>
  /** Any of them will do for that: it needs a shell. */
  images: readonly string[]
  /** What was typed, to type it again: `hub-mon secrets init --project-name shop`. */
  command: string
  signal: AbortSignal
}

/** What an interrupted write leaves. */
export const leftover = /^\.[\w-]+\.[0-9a-f]{12}\.tmp$/
const temporary = (name: string) => `.${name}.${randomBytes(6).toString('hex')}.tmp`

export async function keeperOf({folder, engine, images, command, signal}: KeeperOptions): Promise<Keeper> {
  const at = (name: string) => path.join(folder, name)
  const isRoot = process.getuid?.() === 0
  // With sudo the folder stays the operator's, and so do the files that the operator reads.
  const operator = await stat(folder)
  const ownerOf = ({uid}: Pick<SecretFile, 'uid'>) =>
    uid === 'operator' ? {uid: operator.uid, gid: operator.gid} : {uid, gid: uid}

  /** A script's words are names of ours, and uids. */
  const lend = async (script: string, words: readonly string[]): Promise<string> => {
    try {
      const ran = await runAsRoot(await engine(), {images, folder, script, words}, signal)
      if (ran.exitCode === 0) return ran.stdout
      throw new SourceError('api', ran.stderr.trim() || `the container ended with ${ran.exitCode}`)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SourceError) throw needsRoot({folder, images, command}, error)
      throw error
    }
  }

  /** Gives files to the uids of their services. */
  const handOver = async (files: readonly {path: string; uid: number}[]): Promise<void> => {
    if (isRoot) {
      for (const file of files) await chown(at(file.path), file.uid, file.uid)
      return
    }
    const script = 'while [ $# -gt 0 ]; do chown "$1:$1" "$2" || exit 1; shift 2; done'
    await lend(
      script,
      files.flatMap(file => [String(file.uid), `${mountedAt}/${file.path}`]),
    )
  }

  /** Beside where they belong, and nobody's but ours. */
  const putBeside = async (files: readonly {beside: string; text: string}[]): Promise<void> => {
    for (const {beside, text} of files) {
      const handle = await open(at(beside), 'wx', 0o600)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
  }
  const takeAway = async (files: readonly {beside: string}[]): Promise<void> => {
    for (const {beside} of files) await rm(at(beside), {force: true})
  }

  /** Never empty in between: whoever reads meanwhile finds the earlier text or this one. */
  const writeInPlace = async (files: readonly Text[]): Promise<void> => {
    if (isRoot) {
      for (const {name, text} of files) {
        const handle = await open(at(name), 'r+')
        try {
          const {bytesWritten} = await handle.write(text, 0)
          await handle.truncate(bytesWritten)
          await handle.sync()
        } finally {
          await handle.close()
        }
      }
      return
    }
    const written = files.map(({name, text}) => ({name, text, beside: temporary(name)}))
    try {
      await putBeside(written)
      const script =
        'while [ $# -gt 0 ]; do cat "$1" 1<>"$2" && truncate -s "$(wc -c <"$1")" "$2" || exit 1; shift 2; done'
      await lend(
        script,
        written.flatMap(({beside, name}) => [`${mountedAt}/${beside}`, `${mountedAt}/${name}`]),
      )
    } finally {
      await takeAway(written)
    }
  }

  const keeper: Keeper = {
    async read(names) {
      const texts = new Map<string, string>()
      const refused: string[] = []
      for (const name of names) {
        try {
          texts.set(name, await readFile(at(name), 'utf8'))
        } catch (error) {
          const {code} = error as NodeJS.ErrnoException
          if (code === 'EACCES' || code === 'EPERM') refused.push(name)
          else if (code !== 'ENOENT') throw error
        }
      }
      if (refused.length === 0) return texts
      const script = 'for file; do base64 < "$file" | tr -d "\\n" || exit 1; echo; done'
      const printed = await lend(
        script,
        refused.map(name => `${mountedAt}/${name}`),
      )
      const lines = printed.split('\n')
      for (const [place, name] of refused.entries())
        texts.set(name, Buffer.from(lines[place] ?? '', 'base64').toString())
      return texts
    },

    async write(files) {
      if (files.length === 0) return
      for (const name of await readdir(folder)) if (leftover.test(name)) await rm(at(name), {force: true})
      const written = files.map(({name, text}) => ({...secretFile(name), text, beside: temporary(name)}))
      try {
        await putBeside(written)
        for (const {beside, mode} of written) await chmod(at(beside), mode)
        const ofServices = written.flatMap(({beside, uid}) =>
          uid === 'operator' ? [] : [{path: beside, uid}],
        )
        if (ofServices.length > 0) await handOver(ofServices)
        for (const {beside, uid, name} of written) {
          const {uid: owner, gid} = ownerOf({uid})
          if (isRoot && uid === 'operator') await chown(at(beside), owner, gid)
          await rename(at(beside), at(name))
        }
      } finally {
        await takeAway(written)
      }
    },

    async update(files) {
      const there = await readdir(folder)
      const stays = ({name}: Text) => isLive(secretFile(name)) && there.includes(name)
      const live = files.filter(stays)
      if (live.length > 0) await writeInPlace(live)
      await keeper.write(files.filter(one => !stays(one)))
    },

    async makeProxyData() {
      const made = await mkdir(at(proxyData.name), {mode: proxyData.mode}).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false
          throw error
        },
      )
      if (made) await handOver([{path: proxyData.name, uid: proxyData.uid}])
      return made
    },
  }
  return keeper
}

/** Makes the folder, which its owner alone may enter. Throws a `HubError` (77) where there is one that others may enter, or none can be made. */
export async function makeFolder({
  folder,
  command,
}: Pick<KeeperOptions, 'folder' | 'command'>): Promise<void> {
  try {
    const made = await mkdir(folder, {recursive: true, mode: folderMode})
    // A umask takes away; it never gives.
    if (made !== undefined) await chmod(folder, folderMode)
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    throw new HubError('permission', 'folder-not-made', `cannot make ${folder}: ${code ?? message}`, {
      suggestions: [`name another: ${secretsVariable}=/path ${command}`],
    })
  }
  const {mode, uid} = await stat(folder)
  const self = process.getuid?.()
  if (self !== undefined && self !== 0 && uid !== self)
    throw new HubError('permission', 'folder-of-another', `${folder} belongs to uid ${uid}, not to you`, {
      suggestions: [`sudo ${secretsVariable}=${shellWord(folder)} ${command}`],
    })
  if ((mode & 0o077) === 0) return
  throw new HubError(
    'permission',
    'folder-open',
    `${folder} can be entered by others (mode ${(mode & 0o777).toString(8)}): secrets are not written there`,
    {suggestions: [commandLine(['chmod', '700', folder])]},
  )
}

function needsRoot(
  {folder, images, command}: Pick<KeeperOptions, 'folder' | 'images' | 'command'>,
  error: SourceError,
): HubError {
  const exit = error.code === 'permission' ? 'permission' : 'unavailable'
  return new HubError(
    exit,
    'needs-root',
    "a file of secrets belongs to its service's user: that takes root, or a Docker engine that hands it over",
    {
      detail: error.message,
      suggestions: [
        `as root: sudo ${secretsVariable}=${shellWord(folder)} ${command}`,
        error.code === 'no-image'
          ? `or get an image: ${commandLine(['docker', 'pull', images[0] ?? 'redis:7-alpine'])}`
          : 'or start Docker, with the right to use it, and type it again',
      ],
      cause: error,
    },
  )
}
