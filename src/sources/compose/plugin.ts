import {constants} from 'node:fs'
import {access, readFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import path from 'node:path'

const systemFolders = [
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
]

/**
 * The program behind `docker compose`, in the order in which docker itself looks for it; `null` when there is none, or no
 * docker. Asked directly it answers the same in half the time, because the docker command in front of it costs as much.
 */
export async function findPlugin(environment: NodeJS.ProcessEnv): Promise<string | null> {
  const programs = (environment.PATH ?? '').split(path.delimiter).map(folder => path.join(folder, 'docker'))
  if ((await firstRunnable(programs)) === null) return null
  const own = environment.DOCKER_CONFIG || path.join(homedir(), '.docker')
  const folders = [path.join(own, 'cli-plugins'), ...(await extraFolders(own)), ...systemFolders]
  return firstRunnable(folders.map(folder => path.join(folder, 'docker-compose')))
}

/** `cliPluginsExtraDirs` of docker's own configuration. */
async function extraFolders(own: string): Promise<string[]> {
  try {
    const {cliPluginsExtraDirs: extra} = JSON.parse(await readFile(path.join(own, 'config.json'), 'utf8'))
    return Array.isArray(extra) ? extra.filter(folder => typeof folder === 'string') : []
  } catch {
    return []
  }
}

async function firstRunnable(files: readonly string[]): Promise<string | null> {
  const found = await Promise.all(
    files.map(file =>
      access(file, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return files.find((_file, index) => found[index]) ?? null
}
