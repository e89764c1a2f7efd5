import type {ConnectionOptions, PeerCertificate, TLSSocket} from 'node:tls'
import type {TlsOutside} from '../../snapshot/outside.ts'
import type {Place} from './place.ts'
import {codeOf, serverName} from './request.ts'

/** Loaded where it is used: a hub without TLS is looked at without. */
const tls = () => process.getBuiltinModule('node:tls')

/** Nothing of ours is believed or refused here; what is wrong is told. */
const lenient: ConnectionOptions = {rejectUnauthorized: false, checkServerIdentity: () => undefined}

/** A handshake, or why there is none. Whoever asks closes the socket. */
export async function shakeHands(
  {host, port}: Place,
  name: string | null,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  signal.throwIfAborted()
  const socket = tls().connect({host, port, ...lenient, ...serverName(name), ...options})
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), {once: true})
      socket.once('secureConnect', () => resolve(socket))
      socket.once('error', reject)
      socket.once('close', () => reject(Object.assign(new Error('closed'), {code: 'ECONNRESET'})))
    })
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    // Whatever comes later is nobody's any more.
    socket.on('error', () => {})
  }
}

/**
 * What a peer that speaks TLS shows: its certificate, who vouches for it, and whether it takes what is no longer safe.
 * `ownAuthority` gives the hub's own, as PEM; it is asked for only where nobody whom everybody knows vouches.
 */
export async function readTls(
  place: Place,
  name: string | null,
  ownAuthority: () => Promise<string | null>,
  signal: AbortSignal,
): Promise<TlsOutside> {
  const [told, oldAccepted] = await Promise.all([
    readCertificate(place, name, ownAuthority, {}, signal),
    acceptsOld(place, name, signal),
  ])
  return {...told, oldAccepted}
}

/** The same of a peer that speaks nothing newer than TLS 1.1. */
export async function readOldTls(
  place: Place,
  name: string | null,
  ownAuthority: () => Promise<string | null>,
  signal: AbortSignal,
): Promise<TlsOutside> {
  return {...(await readCertificate(place, name, ownAuthority, onlyOld, signal)), oldAccepted: true}
}

/** It speaks TLS, and wants none of ours: another name, or other versions. */
export function isTlsRefusal(error: unknown): boolean {
  return /^ERR_SSL_(.*ALERT|.*UNRECOGNIZED_NAME|UNSUPPORTED_PROTOCOL)/.test(codeOf(error))
}

const onlyOld: ConnectionOptions = {
  ...{minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'},
}

async function readCertificate(
  place: Place,
  name: string | null,
  ownAuthority: () => Promise<string | null>,
  versions: ConnectionOptions,
  signal: AbortSignal,
): Promise<Omit<TlsOutside, 'oldAccepted'>> {
  const socket = await shakeHands(place, name, versions, signal)
  const certificate = socket.getPeerCertificate()
  const version = socket.getProtocol()
  const error = socket.authorized ? null : String(socket.authorizationError)
  socket.destroy()
  const own = error === null || isDated(error) ? null : await ownAuthority()
  const verdict =
    own === null ? {trusted: false, error} : await vouched(place, name, {...versions, ca: own}, signal)
  return {
    ...{version, name, names: namesOf(certificate)},
    fits: name === null ? null : tls().checkServerIdentity(name, certificate) === undefined,
    issuer: cut(oneOf(certificate.issuer?.O) ?? oneOf(certificate.issuer?.CN)),
    trustedBy: error === null ? 'known' : verdict.trusted ? 'own' : null,
    error: error === null || verdict.trusted ? null : verdict.error,
    notBefore: instant(certificate.valid_from),
    notAfter: instant(certificate.valid_to),
  }
}

/** Another authority would say the same. */
function isDated(error: string): boolean {
  return error === 'CERT_HAS_EXPIRED' || error === 'CERT_NOT_YET_VALID'
}

async function vouched(
  place: Place,
  name: string | null,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<{trusted: boolean; error: string | null}> {
  const socket = await shakeHands(place, name, options, signal)
  const {authorized, authorizationError} = socket
  socket.destroy()
  return {trusted: authorized, error: authorized ? null : String(authorizationError)}
}

/** `null` where our own OpenSSL cannot speak what is old, or no answer came. */
async function acceptsOld(place: Place, name: string | null, signal: AbortSignal): Promise<boolean | null> {
  try {
    const socket = await shakeHands(place, name, onlyOld, signal)
    socket.destroy()
    return true
  } catch (error) {
    if (signal.aborted) return null
    return /^ERR_SSL_NO_(PROTOCOLS|CIPHERS)_AVAILABLE$|^ERR_SSL_NO_CIPHER_MATCH$/.test(codeOf(error))
      ? null
      : false
  }
}

const mostNames = 20

/** `DNS:a, IP Address:127.0.0.1` as `a`, `127.0.0.1`; without any, the common name. */
function namesOf({subject, subjectaltname = ''}: PeerCertificate): string[] {
  const names = subjectaltname
    .split(/,\s*/)
    .map(entry => entry.replace(/^[^:]*:/, ''))
    .filter(entry => entry !== '')
  const common = oneOf(subject?.CN)
  return (names.length > 0 || common === undefined ? names : [common])
    .slice(0, mostNames)
    .map(entry => entry.slice(0, 253))
}

/** A field that is there more than once comes as a list. */
function oneOf(field: string | string[] | undefined): string | undefined {
  return Array.isArray(field) ? field[0] : field
}

function cut(text: string | undefined): string | null {
  return text?.slice(0, 200) ?? null
}

function instant(text: string | undefined): string | null {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}
