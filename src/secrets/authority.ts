import {randomBytes, X509Certificate} from 'node:crypto'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {runProcess} from '../sources/compose/process.ts'

/** Ten years: whoever has the folder has the hub, so that a shorter one would only stop it one night. */
const days = '3650'

const request = `[req]
distinguished_name = name
prompt = no
x509_extensions = authority
[name]
CN = NAME
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`
const ofServer = `basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:redis, DNS:localhost
`

/**
 * An authority of this hub alone and a certificate of it for the host `redis` (and `localhost`), by openssl. The authority's own key
 * is thrown away. Works in a folder that nobody else may enter. Throws a `HubError` (69).
 */
export async function makeRedisTls(
  folder: string,
  signal: AbortSignal,
): Promise<{redis_tls: string; redis_ca: string}> {
  const work = await mkdtemp(path.join(folder, '.tls-'))
  const at = (name: string) => path.join(work, name)
  const openssl = async (...words: string[]) => {
    const command = ['openssl', ...words] as const
    const ran = await runProcess([...command], {directory: work, signal}).catch((error: unknown) => {
      signal.throwIfAborted()
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      throw new HubError('unavailable', 'no-openssl', 'there is no openssl here to make certificates with', {
        suggestions: ['sudo apt-get install openssl'],
      })
    })
    if (ran.exitCode !== 0)
      throw new HubError('unavailable', 'openssl-failed', `openssl ${words[0]} ended with ${ran.exitCode}`, {
        detail: ran.stderr.trim().split('\n').slice(-3).join('\n'),
      })
  }
  try {
    const options = {mode: 0o600}
    // Two of one name beside each other would be taken for each other.
    const name = `authority of this hub ${randomBytes(4).toString('hex')}`
    await writeFile(at('ca.cnf'), request.replace('NAME', name), options)
    await writeFile(at('server.cnf'), request.replace('NAME', 'redis'), options)
    await writeFile(at('server.ext'), ofServer, options)
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    await openssl(
      ...['req', '-x509', ...key, '-config', 'ca.cnf', '-days', days, '-keyout', 'ca.key', '-out', 'ca.pem'],
    )
    await openssl('req', ...key, '-config', 'server.cnf', '-keyout', 'server.key', '-out', 'server.csr')
    await openssl(
      ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', days, '-sha256', '-extfile', 'server.ext', '-out', 'server.pem'],
    )
    const [certificate, privateKey, ca] = await Promise.all(
      ['server.pem', 'server.key', 'ca.pem'].map(name => readFile(at(name), 'utf8')),
    )
    return {redis_tls: `${certificate}${privateKey}`, redis_ca: ca ?? ''}
  } finally {
    await rm(work, {recursive: true, force: true})
  }
}

/** The first certificate of a PEM; `null` where it holds none. */
export function certificateIn(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text)
  } catch {
    return null
  }
}

const pem = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?/gs

/**
 * The new authority, and behind it the one that vouches for what Redis shows until it has the new certificate. That one may stay:
 * its key was thrown away, so that it vouches for nothing else.
 */
export function bothAuthorities(newer: string, texts: ReadonlyMap<string, string>): string {
  const shown = certificateIn(texts.get('redis_tls') ?? '')
  const earlier = (texts.get('redis_ca') ?? '').match(pem) ?? []
  const vouching = earlier.filter(text => {
    const authority = certificateIn(text)
    return (
      shown !== null &&
      authority !== null &&
      shown.checkIssued(authority) &&
      shown.verify(authority.publicKey)
    )
  })
  return [newer, ...vouching].join('')
}
