import {accessSync, constants, readFileSync} from 'node:fs'
import path from 'node:path'
import {homeDirectory} from '../../config/home-directory.ts'

const systemFolders = [
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
]

/**
 * The program behind `docker compose`, in the order in which docker itself looks for it; `null` when there is none, or no
 * docker. Asked directly it answers the same in half the time, because the docker command in front of it costs as much.
 * Looks without giving way to others, who would load their libraries before the first process is started.
 */
export function findPlugin(environment: NodeJS.ProcessEnv): string | null {
  const programs = (environment.PATH ?? '').split(path.delimiter).map(folder => path.join(folder, 'docker'))
  if (firstRunnable(programs) === null) return null
  const own = environment.DOCKER_CONFIG || path.join(homeDirectory(), '.docker')
  const folders = [path.join(own, 'cli-plugins'), ...extraFolders(own), ...systemFolders]
  return firstRunnable(folders.map(folder => path.join(folder, 'docker-compose')))
}

/** `cliPluginsExtraDirs` of docker's own configuration. */
function extraFolders(own: string): string[] {
  try {
    const {cliPluginsExtraDirs: extra} = JSON.parse(readFileSync(path.join(own, 'config.json'), 'utf8'))
    return Array.isArray(extra) ? extra.filter(folder => typeof folder === 'string') : []
  } catch {
    return []
  }
}

function firstRunnable(files: readonly string[]): string | null {
  return files.find(isRunnable) ?? null
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
