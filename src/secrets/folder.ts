import path from 'node:path'
import {stateDirectory} from '../sources/host/state-directory.ts'

/** What a container says its secrets came from. */
export const secretsLabel = 'org.hub-mon.secrets'
/** The variable that names the folder, for us and for Compose. */
export const secretsVariable = 'HUB_SECRETS_DIR'

/**
 * The folder of secrets: the one that was named (variable, configuration), else the one that the project's containers have, else the
 * project's own in the state directory. Absolute.
 */
export function secretsFolder(
  {named, labelled, project}: {named: string | null; labelled: string | null; project: string},
  environment: NodeJS.ProcessEnv,
): string {
  return named ?? labelled ?? path.join(stateDirectory(environment), 'secrets', project)
}
