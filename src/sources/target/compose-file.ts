import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {ancestors, isFile} from '../../config/file.ts'

const monitoringFile = 'docker-compose.monitoring.yml'
const ordinaryFiles = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']

/**
 * The compose file to work on, from the directory upwards: `docker-compose.monitoring.yml`, there or in `hub/`, else an
 * ordinary compose file that speaks of Celery. `null` when there is none.
 */
export async function findComposeFile(directory: string): Promise<string | null> {
  for (const folder of ancestors(directory)) {
    const own = [path.join(folder, monitoringFile), path.join(folder, 'hub', monitoringFile)]
    for (const candidate of own) if (isFile(candidate)) return candidate
    for (const name of ordinaryFiles) {
      const candidate = path.join(folder, name)
      if (isFile(candidate) && (await speaksOfCelery(candidate))) return candidate
    }
  }
  return null
}

async function speaksOfCelery(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return /celery/i.test(text)
}
