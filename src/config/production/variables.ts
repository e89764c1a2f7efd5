import type {Production} from './production.ts'

/** What `docker-compose.production.yml` reads, by the names that stand at its top. */
export function productionVariables(production: Production, secretsFolder: string): Record<string, string> {
  const {certificate, prefix, httpsPort, bind} = production
  const tls = {
    internal: 'internal',
    acme: certificate.by === 'acme' ? certificate.email : '',
    own: '/run/secrets/tls_cert /run/secrets/tls_key',
  }
  return {
    HUB_SECRETS_DIR: secretsFolder,
    HUB_SITE: production.site,
    HUB_TLS: tls[certificate.by],
    HUB_ALLOW: production.allow.join(' '),
    HUB_CLIENT: production.trustedProxies.length === 0 ? 'direct' : 'behind',
    HUB_TRUSTED_PROXIES: production.trustedProxies.join(' '),
    // Compose wants brackets round an IPv6 address.
    HUB_BIND: bind.includes(':') ? `[${bind}]` : bind,
    HUB_HTTPS_PORT: String(httpsPort),
    HUB_HTTP_PORT: String(production.httpPort),
    HUB_REDIRECT_PORT: httpsPort === 443 ? '' : `:${httpsPort}`,
    HUB_FLOWER_PREFIX: prefix,
    HUB_FLOWER_PATH: prefix === '' ? '' : `/${prefix}`,
    HUB_EXPORT_URLS: production.exportUrls ? '1' : '0',
    FLOWER_READ_ONLY: String(!production.allowActions),
  }
}
