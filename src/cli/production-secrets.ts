import {stat} from 'node:fs/promises'
import path from 'node:path'
import type {Production} from '../config/production/production.ts'
import {HubError} from '../errors/hub-error.ts'
import {commandLine} from '../render/text/shell.ts'
import {leftBehindAt, secretFiles} from '../secrets/files.ts'
import {initSecrets} from '../secrets/init.ts'
import {type KeeperOptions, keeperOf, makeFolder} from '../secrets/keeper.ts'
import {knownDefault} from '../secrets/known-defaults.ts'
import {passwordsInUrls} from '../snapshot/secrets.ts'
import {remember} from '../sources/target/remembered.ts'
import type {StepReport} from '../stack/step.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'
import {keeperOptions} from './secrets-folder.ts'
import {given} from './secrets-init.ts'
import {alone} from './secrets-lock.ts'

/**
 * Makes the secrets that are missing, and writes down how the project stands in production. Gives when the secrets of each service last
 * changed, in epoch milliseconds. Throws a `HubError`: 69 for a password that everybody knows, 77 where files cannot be made.
 */
export async function makeSecrets(
  context: Context,
  hub: Hub,
  how: Production,
  report: StepReport,
): Promise<Map<string, number>> {
  const options = await keeperOptions(context, hub, 'up', '--production')
  const {folder} = options
  const {certificate} = how
  const tls =
    certificate.by === 'own'
      ? {certificate: await given(certificate.certificate), key: await given(certificate.key)}
      : null
  await makeFolder(options)
  const {made} = await alone(folder, async () => {
    await refuseKnownDefaults(options)
    return initSecrets(options, {redisTls: false, tls})
  })
  const {project, composeFile} = hub.target
  await remember(project ?? '', {file: composeFile ?? '', secrets: folder, production: how}, process.env)
  if (made.length === 0) report.done(`all in ${folder}`)
  else report.done(`made in ${folder}; user and password of the pages are in ${path.join(folder, 'login')}`)
  return lastChanges(folder)
}

/** By service; a file that is replaced is a new one, whoever did it. */
async function lastChanges(folder: string): Promise<Map<string, number>> {
  const changedAt = new Map<string, number>()
  for (const {name, services} of secretFiles) {
    const {birthtimeMs: born, ctimeMs: changed} = await stat(path.join(folder, name))
    const at = leftBehindAt(name, {born, changed})
    for (const service of services) changedAt.set(service, Math.max(changedAt.get(service) ?? 0, at))
  }
  return changedAt
}

/** A person may have put a password of their own there. */
async function refuseKnownDefaults(options: KeeperOptions): Promise<void> {
  const held = secretFiles.filter(({holds}) => ['redis-url', 'redis-password', 'pair'].includes(holds.kind))
  const texts = await (await keeperOf(options)).read(held.map(({name}) => name))
  for (const [name, text] of texts) {
    const line = text.trim()
    const [password = line] = passwordsInUrls(line)
    const known = line === '' ? null : knownDefault(password)
    if (known?.kind === 'known') throw isKnown(path.join(options.folder, name), known.why, options.command)
  }
}

function isKnown(file: string, why: string, command: string): HubError {
  return new HubError('unavailable', 'known-default', `the password in ${file} ${why}`, {
    detail: 'nothing is started with a password that everybody tries; take the file away, and one is made',
    suggestions: [commandLine(['rm', file]), command],
    docs: 'docs/production.md',
  })
}
