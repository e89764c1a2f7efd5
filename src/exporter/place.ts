import {isIP} from 'node:net'
import {HubError} from '../errors/hub-error.ts'
import type {Place} from './server.ts'

/** `127.0.0.1:9541`, `[::1]:9541`, `localhost:9541`. Throws a `HubError` (64): also for a port alone, which elsewhere means all addresses. */
export function parsePlace(text: string): Place {
  const [, bracketed, plain, digits] = /^(?:\[([\da-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || !(port <= 65_535) || (bracketed !== undefined && isIP(bracketed) !== 6))
    throw new HubError(
      'usage',
      'bad-address',
      `--listen wants an address and a port, not ${JSON.stringify(text)}`,
      {suggestions: ['--listen 127.0.0.1:9541', '--listen [::1]:9541']},
    )
  return {host, port}
}

/** Nobody on another machine can come in there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
