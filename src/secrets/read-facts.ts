import {lstat, readdir, stat} from 'node:fs/promises'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import type {Secrets} from '../snapshot/secrets.ts'
import {certificateIn} from './authority.ts'
import {letsIn, pairOf} from './contents.ts'
import type {FileFacts, SecretsFacts} from './facts.ts'
import {leftBehindAt, secretFiles} from './files.ts'
import {type KeeperOptions, keeperOf, leftover} from './keeper.ts'
import {knowSecret} from './read-secret.ts'

/** What there is in the folder. What may not be read is told as that; nothing is changed. */
export async function readFolder(
  options: KeeperOptions,
  secrets: Pick<Secrets, 'add' | 'addUrl'>,
  now: number,
): Promise<Omit<SecretsFacts, 'running' | 'idle' | 'remapped'>> {
  const {folder} = options
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
  const nothing = {texts: null, unreadable: null, loginOpens: null, certificates: [], leftovers: []}
  if (found === null)
    return {folder, found: null, files: secretFiles.map(({name}) => ({name, found: null})), ...nothing}
  const self = process.getuid?.() ?? null
  const of = {mode: found.mode & 0o777, uid: found.uid, self}
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES' || error.code === 'EPERM') return null
    throw error
  })
  if (names === null) {
    const unreadable = `${folder} belongs to uid ${found.uid}, and only that one may look into it`
    return {folder, found: of, files: [], ...nothing, unreadable}
  }
  const files = await Promise.all(secretFiles.map(({name}) => fileFacts(folder, name, now)))
  const plain = files.filter(file => file.found?.plain === true).map(({name}) => name)
  const {texts, unreadable} = await textsOf(options, plain)
  for (const text of texts?.values() ?? [])
    for (const line of text.split('\n')) if (line.trim() !== '') knowSecret(line.trim(), secrets)
  const login = pairOf(texts?.get('login')?.trim() ?? '')
  const users = texts?.get('proxy_users')
  return {
    ...{folder, found: of, files, texts, unreadable},
    leftovers: names.filter(name => leftover.test(name)),
    loginOpens: login === null || users === undefined ? null : await letsIn(users, login),
    certificates: certificatesIn(texts, now),
  }
}

async function fileFacts(folder: string, name: string, now: number): Promise<FileFacts> {
  try {
    const seen = await lstat(path.join(folder, name))
    return {
      name,
      found: {
        plain: seen.isFile(),
        mode: seen.mode & 0o777,
        uid: seen.uid,
        bytes: seen.size,
        ageSeconds: Math.max(0, Math.round((now - seen.mtimeMs) / 1000)),
        leftBehindAt: leftBehindAt(name, {born: seen.birthtimeMs, changed: seen.mtimeMs}),
      },
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {name, found: null}
    throw error
  }
}

async function textsOf(
  options: KeeperOptions,
  names: readonly string[],
): Promise<Pick<SecretsFacts, 'texts' | 'unreadable'>> {
  try {
    return {texts: await (await keeperOf(options)).read(names), unreadable: null}
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof HubError)) throw error
    return {texts: null, unreadable: [error.message, error.detail].filter(Boolean).join(': ')}
  }
}

function certificatesIn(
  texts: ReadonlyMap<string, string> | null,
  now: number,
): SecretsFacts['certificates'] {
  return ['tls_cert', 'redis_tls', 'redis_ca'].flatMap((name): SecretsFacts['certificates'] => {
    const text = texts?.get(name)?.trim() ?? ''
    if (text === '') return []
    const first = certificateIn(text)
    if (first === null) return [{name, daysLeft: null, subject: null}]
    return [{name, daysLeft: (Date.parse(first.validTo) - now) / 86_400_000, subject: first.subject}]
  })
}
