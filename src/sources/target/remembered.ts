import {mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import type {Remembered} from '../../config/production/schema.ts'
import {HubError} from '../../errors/hub-error.ts'
import {stateDirectory} from '../host/state-directory.ts'

function fileOf(project: string, environment: NodeJS.ProcessEnv): string {
  return path.join(stateDirectory(environment), 'production', `${project}.json`)
}

/** How a project was put into production; `null` when it was not. Throws a `HubError` (78) when the file is not ours any more. */
export async function readRemembered(
  project: string,
  environment: NodeJS.ProcessEnv,
): Promise<Remembered | null> {
  const file = fileOf(project, environment)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Somebody else's folder tells us nothing; a hub that runs from the other file is not acted on all the same.
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(error.code ?? '')) return null
    throw error
  })
  if (text === null) return null
  const {parseRemembered} = await import('../../config/production/schema.ts')
  const {remembered, fault} = parseRemembered(text)
  if (remembered !== null) return remembered
  throw new HubError('configuration', 'bad-production', `${file} cannot be read: ${fault}`, {
    detail: 'up --production wrote there how this project is in production, an allow list included.',
    suggestions: [`rm ${file}   # then say all of it again: hub-mon up --production --site … --allow …`],
    docs: 'docs/production.md',
  })
}

/** Written whole or not at all. */
export async function remember(
  project: string,
  remembered: Omit<Remembered, 'schema'>,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const file = fileOf(project, environment)
  await mkdir(path.dirname(file), {recursive: true, mode: 0o700})
  const whole: Remembered = {schema: 'hub-mon/production@1', ...remembered}
  await writeFile(`${file}.new`, `${JSON.stringify(whole, null, 2)}\n`, {mode: 0o600})
  await rename(`${file}.new`, file)
}

/** The project is in production no more. */
export async function forget(project: string, environment: NodeJS.ProcessEnv): Promise<void> {
  await rm(fileOf(project, environment), {force: true})
}
