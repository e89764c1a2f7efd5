import {Flags} from '@oclif/core'
import type {Production, ProductionWishes} from '../config/production/production.ts'
import type {WrittenProduction} from '../config/production/schema.ts'
import {HubError} from '../errors/hub-error.ts'
import {knownDefault} from '../secrets/known-defaults.ts'
import type {ProductionSteps} from '../stack/production.ts'
import type {Step} from '../stack/step.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'

const group = {helpGroup: 'PRODUCTION'}

/** How `up` is told to bring the hub into production; each of the others wants it, too. */
export const productionFlags = {
  production: Flags.boolean({
    ...group,
    allowNo: true,
    summary: 'behind a proxy that asks for a password over HTTPS; it stays so until --no-production',
  }),
  site: Flags.string({
    ...group,
    helpValue: '<name>',
    summary: 'name or address that people type, localhost when not given',
  }),
  certificate: Flags.string({
    ...group,
    helpValue: '<which>',
    summary: 'internal, an e-mail address (then by ACME), or a file of your own with --key',
  }),
  key: Flags.string({
    ...group,
    helpValue: '<path>',
    summary: 'private key of the certificate',
    dependsOn: ['certificate'],
  }),
  allow: Flags.string({
    ...group,
    helpValue: '<network>',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'only these may ask: 10.0.0.0/8, 203.0.113.7, 2001:db8::/32',
  }),
  'trusted-proxy': Flags.string({
    ...group,
    helpValue: '<network>',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'a proxy in front of this one, which is believed about the client (Caddy 2.8)',
  }),
  prefix: Flags.string({...group, helpValue: '<path>', summary: "path that Flower's pages stand under"}),
  'allow-actions': Flags.boolean({
    ...group,
    allowNo: true,
    summary: 'tasks and workers can be controlled from Flower',
  }),
  bind: Flags.string({
    ...group,
    helpValue: '<address>',
    summary: 'publish on this address, 0.0.0.0 when not given',
  }),
  'https-port': Flags.integer({...group, helpValue: '<port>', summary: '443 when not given'}),
  'http-port': Flags.integer({...group, helpValue: '<port>', summary: '80 when not given'}),
  'export-urls': Flags.boolean({
    ...group,
    allowNo: true,
    summary: 'give the application CELERY_BROKER_URL, not only the file that holds it',
  }),
}

type Typed = {
  production?: boolean | undefined
  site?: string | undefined
  certificate?: string | undefined
  key?: string | undefined
  allow?: string[] | undefined
  'trusted-proxy'?: string[] | undefined
  prefix?: string | undefined
  'allow-actions'?: boolean | undefined
  bind?: string | undefined
  'https-port'?: number | undefined
  'http-port'?: number | undefined
  'export-urls'?: boolean | undefined
}

/** What this command line wants: production as it says, to leave it, or `null` for how it is. Throws a `HubError` (64). */
export async function productionWanted(
  flags: Typed,
  {settings}: Context,
): Promise<ProductionWishes | 'leave' | null> {
  const written: WrittenProduction = present({
    site: flags.site,
    certificate: certificateIn(flags),
    allow: flags.allow,
    trustedProxies: flags['trusted-proxy'],
    prefix: flags.prefix,
    allowActions: flags['allow-actions'],
    bind: flags.bind,
    httpsPort: flags['https-port'],
    httpPort: flags['http-port'],
    exportUrls: flags['export-urls'],
  })
  const names = Object.keys(written)
  if (flags.production === false) {
    if (names.length === 0) return 'leave'
    throw new HubError(
      'usage',
      'no-production',
      '--no-production goes with nothing that is said of production',
      {suggestions: ['hub-mon up --no-production'], docs: 'docs/production.md'},
    )
  }
  if (names.length === 0)
    return flags.production === true || settings.production.value.wishes !== null ? {} : null
  const {wishesOf} = await import('../config/production/schema.ts')
  const {wishes, fault} = wishesOf(written, process.cwd())
  if (wishes !== null) return wishes
  throw new HubError('usage', 'bad-production', asTyped(fault), {
    suggestions: ['hub-mon up --help'],
    docs: 'docs/production.md',
  })
}

/** `allow.1 wants …` of the configuration is `--allow wants …` to whoever typed it. */
function asTyped(fault: string): string {
  const flags: Record<string, string> = {
    trustedProxies: 'trusted-proxy',
    httpsPort: 'https-port',
    httpPort: 'http-port',
  }
  return fault.replace(/^(\w+)(\.\w+)*/, (_all, key: string) => `--${flags[key] ?? key}`)
}

function certificateIn({certificate, key}: Typed): WrittenProduction['certificate'] | undefined {
  if (certificate === undefined || (certificate === 'internal' && key === undefined))
    return certificate as 'internal' | undefined
  if (key !== undefined) return {certificate, key}
  if (certificate.includes('@')) return {email: certificate}
  throw new HubError('usage', 'no-key', `the certificate ${certificate} wants its private key`, {
    suggestions: [
      `--certificate ${certificate} --key <path>`,
      '--certificate you@example.com   # by ACME',
      '--certificate internal',
    ],
  })
}

function present<T extends object>(values: {[K in keyof T]: T[K] | undefined}): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}

/** What `up` does beyond the usual; what makes the secrets is loaded when they are made. */
export function productionSteps(context: Context, hub: Hub, how: Production): ProductionSteps {
  let changedAt: ReadonlyMap<string, number> = new Map()
  const secrets: Step = {
    title: 'Secrets',
    async run(report) {
      const {makeSecrets} = await import('./production-secrets.ts')
      changedAt = await makeSecrets(context, hub, how, report)
    },
  }
  const isKnownDefault = (password: string) => knownDefault(password)?.kind === 'known'
  return {how, isKnownDefault, secrets, changedAt: () => changedAt}
}
