import path from 'node:path'
import {isFile} from '../../config/file.ts'
import {type Production, type ProductionWishes, usualProduction} from '../../config/production/production.ts'
import type {Remembered} from '../../config/production/schema.ts'
import type {Settings} from '../../config/settings.ts'
import {HubError} from '../../errors/hub-error.ts'
import type {Target} from '../../snapshot/snapshot.ts'
import {readRemembered} from './remembered.ts'

const monitoringFile = 'docker-compose.monitoring.yml'
const productionFile = 'docker-compose.production.yml'

/** A project that runs from `docker-compose.production.yml`, or is to. */
export type InProduction = {
  how: Production
  /** Folder of the secrets that was named, absolute; `null` for the project's own. */
  secrets: string | null
  /** False where nobody has said so far how: not on this machine, or not by this user. */
  known: boolean
}

/**
 * The target as it stands in production, where it does: by the wish of this command line, or because it was brought there before. What
 * the command line does not say is taken from the configuration, then from what was said before, then from the defaults.
 * Throws a `HubError`: 64 where there is no production file beside the one that is in use.
 */
export async function inProduction(
  target: Target,
  settings: Settings,
  around: {environment: NodeJS.ProcessEnv; production: ProductionWishes | 'leave' | null},
): Promise<{target: Target; production: InProduction | null}> {
  const {composeFile, project} = target
  if (composeFile === null || project === null) {
    if (around.production !== null && around.production !== 'leave') throw noFile(composeFile)
    return {target, production: null}
  }
  if (around.production === 'leave') return {target, production: null}
  const before = await readRemembered(project, around.environment)
  const file = fileInUse(composeFile, around.production !== null, before)
  if (path.basename(file) !== productionFile) return {target, production: null}
  const {secrets, wishes} = settings.production.value
  const same = before?.file === file ? before : null
  return {
    target: {...target, composeFile: file},
    production: {
      how: {...usualProduction, ...same?.production, ...wishes, ...around.production},
      secrets: secrets ?? same?.secrets ?? null,
      known: same !== null,
    },
  }
}

/** Of the two files that lie side by side, the one that is meant. */
function fileInUse(found: string, wanted: boolean, before: Remembered | null): string {
  const name = path.basename(found)
  const sibling = path.join(path.dirname(found), productionFile)
  if (name === productionFile) return found
  if (wanted) {
    if (name !== monitoringFile || !isFile(sibling)) throw noFile(found)
    return sibling
  }
  return name === monitoringFile && before?.file === sibling ? sibling : found
}

function noFile(found: string | null): HubError {
  return new HubError('usage', 'no-production-file', `there is no ${productionFile} to bring up`, {
    detail:
      found === null
        ? 'the target is only addresses, or a project whose file is not known'
        : `the compose file in use is ${found}; hub-mon brings its own stack into production, and yours as the guide says`,
    suggestions: [`name it: --file ${productionFile}`],
    docs: 'docs/production.md',
  })
}
