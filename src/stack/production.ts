import {access, constants} from 'node:fs/promises'
import type {Production} from '../config/production/production.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {plural} from '../render/text/number.ts'
import {commandLine} from '../render/text/shell.ts'
import {type Finding, isProblem} from '../report/finding.ts'
import type {ComposeService} from '../snapshot/compose.ts'
import {readImage} from '../sources/docker/images.ts'
import {tryTo} from './failure.ts'
import {composeStep, hubMon, requireCompose, type Stack} from './stack.ts'
import type {Step, StepReport} from './step.ts'

/** What bringing the hub up takes beyond the usual when it is in production. */
export type ProductionSteps = {
  how: Production
  /** Tells a password that everybody knows. */
  isKnownDefault: (password: string) => boolean
  /** Makes the secrets and writes down what was set. */
  secrets: Step
  /** After that: when the secrets of each service last changed, in epoch milliseconds. */
  changedAt: () => ReadonlyMap<string, number>
}

/** Debian's 2.6 has no trusted proxies; 2.8 is the first to read what they say from its trusted end. */
const leastVersion = [2, 8]

/** Throws a `HubError` (69) where production could only be pretended. */
export async function lookAtProduction(
  stack: Stack,
  {how}: ProductionSteps,
  report: StepReport,
): Promise<void> {
  if (!stack.engine.local)
    throw new HubError(
      'unavailable',
      'engine-elsewhere',
      `the engine at ${stack.engine.address} is on another machine`,
      {
        detail: 'secrets are files on the machine of the engine: there they are made, and mounted from there',
        suggestions: ['run hub-mon on that machine'],
        docs: 'docs/production.md',
      },
    )
  const {site, allow, certificate} = how
  if (certificate.by === 'own')
    for (const file of [certificate.certificate, certificate.key]) await refuseUnreadable(file)
  report.done(`${site}, for ${allow.length === 0 ? 'every address' : allow.join(', ')}`)
}

/** Before anything is started, and in a dry run, too. */
async function refuseUnreadable(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw new HubError('usage', 'not-readable', `cannot read ${file}: ${error.code}`, {
      detail: 'the certificate of the site, or its private key',
      suggestions: [
        commandLine(['ls', '-l', file]),
        'hub-mon up --production --certificate <path> --key <path>',
      ],
      docs: 'docs/production.md',
    })
  })
}

/** Throws a `HubError` (69) where the file would start a service with a password that everybody knows. */
export function refuseKnownDefaults(stack: Stack, services: readonly ComposeService[]): void {
  const found = services.flatMap(({name, knownDefaults = []}) =>
    knownDefaults.map(where => (where === 'command' ? `the command of ${name}` : `${where} of ${name}`)),
  )
  if (found.length === 0) return
  throw new HubError('unavailable', 'known-default', `a password that everybody knows: ${found.join(', ')}`, {
    detail: `${stack.file} would start with it, and whoever finds the port tries that one first`,
    suggestions: [
      'take it out of the variable, of HUB_ENV_FILE or of the configuration: hub-mon makes passwords of its own',
    ],
    docs: 'docs/production.md',
  })
}

/** Whether the proxy can tell a client's address behind another proxy. Throws a `HubError` (69) where it cannot. */
export async function lookAtProxyImage(
  stack: Stack,
  {how}: ProductionSteps,
  image: string | undefined,
): Promise<void> {
  if (how.trustedProxies.length === 0 || image === undefined) return
  const found = await tryTo(stack.signal, () => readImage(stack.engine, image, stack.signal))
  const version = found?.caddyVersion ?? null
  const parts = version?.split('.').map(Number) ?? []
  const [major = 0, minor = 0] = parts
  const [leastMajor = 0, leastMinor = 0] = leastVersion
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return
  const which = version === null ? 'a version that it does not tell' : `Caddy ${version}`
  throw new HubError(
    'unavailable',
    'proxy-too-old',
    `${image} is ${which}, which cannot trust another proxy`,
    {
      detail: `--trusted-proxy wants Caddy ${leastVersion.join('.')}: older ones believe whatever a client says of its address, or nothing`,
      suggestions: [
        'without a proxy in front of this one: leave --trusted-proxy out, and the direct peer counts',
        'with a newer image: HUB_PROXY_IMAGE=caddy:2.10-alpine',
      ],
      docs: 'docs/production.md',
    },
  )
}

/** Looks from outside whether it is closed. Throws a `HubError` (69); where an allow list would only pretend, the proxy is stopped. */
export async function proveClosed(stack: Stack, report: StepReport): Promise<void> {
  report.at('asking at the published addresses')
  const {findings} = await stack.examine(['security.*'])
  const own = findings.filter(({category}) => category === 'security')
  const open = own.filter(({status}) => status === 'critical')
  const pretended = own.find(({check, status}) => check === 'security.allow-list' && isProblem(status))
  if (pretended !== undefined) {
    await composeStep(stack, await requireCompose(stack), ['stop', 'proxy'], report)
    throw pretends(stack, pretended)
  }
  if (open.length > 0) throw notClosed(stack, open, 'it is left running as it is')
  for (const {title, message} of own.filter(({status}) => isProblem(status)))
    report.warn(`${title}: no; ${clean(message)}`)
  const passed = own.filter(({status}) => status === 'pass').length
  report.done(plural(passed, 'check of security passes', 'checks of security pass'))
}

function pretends(stack: Stack, {message}: Finding): HubError {
  return new HubError('unavailable', 'not-closed', `the allow list would only pretend: ${clean(message)}`, {
    detail: 'the proxy was stopped; everything else runs',
    suggestions: [
      `publish it where others reach it by themselves: ${hubMon(stack, 'up', '--bind', '0.0.0.0')}`,
      `or filter in front of this machine, and let in everybody here: ${hubMon(stack, 'up', '--allow', '0.0.0.0/0', '--allow', '::/0')}`,
    ],
    docs: 'docs/production.md',
  })
}

function notClosed(stack: Stack, open: readonly Finding[], left: string): HubError {
  const [first] = open
  return new HubError(
    'unavailable',
    'not-closed',
    `it is up, and not closed: ${clean(first?.message ?? '')}`,
    {
      detail: [...open.map(({title, message}) => `${title}: no; ${clean(message)}`), left].join('\n'),
      suggestions: [
        ...open.flatMap(({remedies}) =>
          remedies.flatMap(({command}) => (command === undefined ? [] : [commandLine(command)])),
        ),
        hubMon(stack, 'doctor', '--only', 'security'),
      ],
      docs: 'docs/production.md',
    },
  )
}
