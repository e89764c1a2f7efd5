import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {HubError} from '../errors/hub-error.ts'
import {initialisedText} from '../render/secrets/initialised.ts'
import {initSecrets} from '../secrets/init.ts'
import {makeFolder} from '../secrets/keeper.ts'
import type {Context} from './context.ts'
import {findHub} from './hub.ts'
import type {Result} from './hub-command.ts'
import {keeperOptions} from './secrets-folder.ts'
import {alone} from './secrets-lock.ts'

export type InitFlags = {redisTls: boolean; tlsCert: string | null; tlsKey: string | null}

/** `secrets init`: what it made, and where. */
export async function initialise(context: Context, {redisTls, tlsCert, tlsKey}: InitFlags): Promise<Result> {
  const tls =
    tlsCert === null || tlsKey === null ? null : {certificate: await given(tlsCert), key: await given(tlsKey)}
  const hub = await findHub(context, true)
  const {project, ...options} = await keeperOptions(context, hub, 'secrets', 'init')
  await makeFolder(options)
  const done = await alone(options.folder, () => initSecrets(options, {redisTls, tls}))
  return {
    schema: 'hub-mon/secrets-init@1',
    data: {project, ...done, login: path.join(done.folder, 'login')},
    text: context.quiet ? '' : initialisedText(done),
  }
}

/** Throws a `HubError` (64). */
export async function given(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new HubError(
      'usage',
      'not-readable',
      `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`,
    )
  }
}
