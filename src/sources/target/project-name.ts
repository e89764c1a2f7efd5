import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {parseEnv} from 'node:util'

/** The project name that Compose itself would give this file: variable, `.env`, top-level `name:`, folder. */
export async function projectNameOf(composeFile: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const folder = path.dirname(composeFile)
  const [dotEnv, text] = await Promise.all([readText(path.join(folder, '.env')), readText(composeFile)])
  const named = /^name:\s*["']?([A-Za-z0-9_-]+)["']?\s*(?:#.*)?$/m.exec(text)?.[1]
  return (
    environment.COMPOSE_PROJECT_NAME ||
    parseEnv(dotEnv).COMPOSE_PROJECT_NAME ||
    named ||
    slug(path.basename(folder))
  )
}

function slug(folder: string): string {
  return (
    folder
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '')
      .replace(/^[_-]+/, '') || 'default'
  )
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
