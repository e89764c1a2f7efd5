/** Where the proxy's certificate comes from. */
export type Certificate =
  /** An authority of the proxy's own, that no browser knows: for a first try. */
  | {by: 'internal'}
  /** Let's Encrypt or another authority that speaks ACME; it writes to this address. */
  | {by: 'acme'; email: string}
  /** Files of the operator's own, absolute, in PEM. */
  | {by: 'own'; certificate: string; key: string}

/** How the hub stands in production: what `docker-compose.production.yml` is told. No secrets. */
export type Production = {
  /** Name or address that people type. */
  site: string
  certificate: Certificate
  /** Addresses and networks (CIDR) that may ask; empty is everybody. */
  allow: string[]
  /** Proxies in front of ours whose word on a client's address is believed. */
  trustedProxies: string[]
  /** Path that Flower's pages stand under, without slashes; empty is none. */
  prefix: string
  /** Flower may control tasks and workers. */
  allowActions: boolean
  /** Address that both ports are published on. */
  bind: string
  httpsPort: number
  httpPort: number
  /** The application gets `CELERY_BROKER_URL` besides the files. */
  exportUrls: boolean
}

export const usualProduction: Production = {
  site: 'localhost',
  certificate: {by: 'internal'},
  allow: [],
  trustedProxies: [],
  prefix: '',
  allowActions: false,
  bind: '0.0.0.0',
  httpsPort: 443,
  httpPort: 80,
  exportUrls: false,
}

/** What was said of it: by flags, in the configuration, or remembered. */
export type ProductionWishes = Partial<Production>

/** The address of the pages. */
export function siteUrl({site, httpsPort, prefix}: Production): string {
  return `https://${site}${httpsPort === 443 ? '' : `:${httpsPort}`}/${prefix === '' ? '' : `${prefix}/`}`
}
