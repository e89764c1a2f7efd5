import {commandLine} from '../render/text/shell.ts'
import {secretsFolder, secretsLabel} from '../secrets/folder.ts'
import type {KeeperOptions} from '../secrets/keeper.ts'
import {readLabel} from '../sources/docker/label.ts'
import {timeLimit} from '../sources/time-limit.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'

/** A project that is not there yet has the bundled file's name. */
const usualProject = 'hub'
const labelSeconds = 2

/** Where the secrets of this hub are, and what it takes to write there. `words` of the command that was typed. */
export async function keeperOptions(
  context: Context,
  hub: Hub,
  ...words: string[]
): Promise<KeeperOptions & {project: string}> {
  const {settings, signal} = context
  const project = hub.target.project ?? usualProject
  const named = hub.located.production?.secrets ?? settings.production.value.secrets
  const folder = secretsFolder(
    {named, labelled: named === null ? await labelled(context, hub, project) : null, project},
    process.env,
  )
  const command = commandLine(['hub-mon', ...words, ...hub.target.flags])
  return {project, folder, engine: hub.engine, images: imagesOf(hub), command, signal}
}

/** What the project's containers say; `null` without any, and without an engine. */
async function labelled({signal}: Context, hub: Hub, project: string): Promise<string | null> {
  try {
    const within = AbortSignal.any([signal, timeLimit(labelSeconds)])
    return await readLabel(await hub.engine(), {project, label: secretsLabel}, within)
  } catch {
    signal.throwIfAborted()
    return null
  }
}

/** Of the services: one of them is there where a hub was ever started. */
function imagesOf({environment}: Hub): string[] {
  const of = (name: string, usual: string) => process.env[name] || environment[name] || usual
  return [
    of('HUB_REDIS_IMAGE', 'redis:7-alpine'),
    of('HUB_APP_IMAGE', 'hub-mon/hub:0.1'),
    of('HUB_FLOWER_IMAGE', 'hub-mon/hub:0.1'),
  ].filter((image, place, all) => all.indexOf(image) === place)
}
