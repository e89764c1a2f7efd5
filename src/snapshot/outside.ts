import type {Role} from './docker.ts'

/** What the published addresses of the hub's own containers answered to us, who showed no credentials: what anybody is answered. */
export type OutsideFacts = {
  addresses: OutsideAddress[]
  /** Published addresses that were left out, beyond the most that are requested. */
  left: number
  /** Addresses of the proxy's networks that its list lets in: behind one of them may be everybody. */
  gatewaysAllowed: string[]
}

/** What a published port speaks; `nothing` when it refuses, stays silent or hangs up. */
export type Spoken = 'https' | 'http' | 'redis' | 'rediss' | 'nothing' | 'other'

export type OutsideAddress = {
  container: string
  service: string
  role: Role | null
  containerPort: number
  /** As it is published: `0.0.0.0`, `127.0.0.1`. */
  hostIp: string
  /** What was requested: that address, or for all of them this machine's loopback and one that its network knows. */
  host: string
  port: number
  speaks: Spoken
  /** Why there is nothing more to tell: `refused`, `timeout`, `closed`, `tls-refused`; `null` where all was asked. */
  error: string | null
  http: HttpOutside | null
  tls: TlsOutside | null
  /** Whether Redis wants a password before it answers PING; `null` where that is no Redis, or was not told. */
  redisAsks: boolean | null
  /** The address that the proxy took us for; `null` where it does not say. */
  seenAs: string | null
  /** Whether the list of the proxy has `seenAs`; `null` without a list or without an address. */
  seenAsAllowed: boolean | null
}

export type HttpOutside = {
  /** Without credentials; `status` is `null` where no answer came. */
  answers: {path: string; status: number | null; location: string | null}[]
  /** Of `/`, those that say something of safety; lower case, cut. */
  headers: Record<string, string>
}

export type TlsOutside = {
  /** e.g. `TLSv1.3`. */
  version: string | null
  /** The name that was asked for; `null` when none was. */
  name: string | null
  /** Names and addresses of the certificate. */
  names: string[]
  /** Whether it is for `name`; `null` when none was asked for. */
  fits: boolean | null
  issuer: string | null
  /** Who vouches: an authority that every browser knows, or the hub's own; `null` for neither. */
  trustedBy: 'known' | 'own' | null
  /** In OpenSSL's words, e.g. `SELF_SIGNED_CERT_IN_CHAIN`, where neither does. */
  error: string | null
  /** ISO 8601. */
  notBefore: string | null
  notAfter: string | null
  /** Whether TLS 1.1 or below is accepted; `null` where that could not be tried. */
  oldAccepted: boolean | null
}
