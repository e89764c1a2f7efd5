import {readFile} from 'node:fs/promises'
import path from 'node:path'
import type {Secrets} from '../snapshot/secrets.ts'

/**
 * A secret of one line, trimmed, masked from then on in all that is printed; `null` where the file is not there or is empty.
 * Throws what the file system says (`EACCES`) where it may not be read.
 */
export async function readSecret(
  folder: string,
  name: string,
  secrets: Pick<Secrets, 'add' | 'addUrl'>,
): Promise<string | null> {
  const text = await readFile(path.join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const line = text.trim()
  if (line === '') return null
  knowSecret(line, secrets)
  return line
}

/** What of a file's text is secret: of a URL and of `user:password` the password, else the whole. */
export function knowSecret(line: string, secrets: Pick<Secrets, 'add' | 'addUrl'>): void {
  if (line.includes('://')) {
    secrets.addUrl(line)
    return
  }
  // A line of the proxy's configuration: what stands in the header lets anybody in.
  secrets.add(/Basic ([\w+/=]+)/.exec(line)?.[1])
  const pair = /^[\w.-]{1,64}:(.+)$/s.exec(line)
  secrets.add(pair === null ? line : pair[1])
  // As it stands in a header, it lets anybody in, too.
  if (pair !== null) secrets.add(Buffer.from(line).toString('base64'))
}
