import type {ComposeService} from '../../snapshot/compose.ts'
import type {Obstacle} from '../../snapshot/host.ts'
import {asked, type Engine} from './engine.ts'
import {readImage} from './images.ts'
import {projectLabel} from './projects.ts'
import {hasVolume} from './volumes.ts'

/** What keeps Compose from making a container of each: an image or volume that nothing makes, a name that is taken. */
export async function readObstacles(
  engine: Engine,
  services: readonly ComposeService[],
  signal: AbortSignal,
): Promise<Obstacle[]> {
  const found = await Promise.all(
    services.map(
      async ({name: service, image, builds, containerName, externalVolumes = []}): Promise<Obstacle[]> => {
        const [here, taken, absent] = await Promise.all([
          image === null || builds ? true : readImage(engine, image, signal).then(known => known !== null),
          containerName === null ? null : holderOf(engine, containerName, signal),
          absentOf(engine, externalVolumes, signal),
        ])
        return [
          ...(here || image === null ? [] : [{service, image}]),
          ...absent.map(volume => ({service, volume})),
          ...(taken === null ? [] : [{service, container: taken.name, project: taken.project}]),
        ]
      },
    ),
  )
  return found.flat()
}

async function absentOf(engine: Engine, volumes: readonly string[], signal: AbortSignal): Promise<string[]> {
  const here = await Promise.all(volumes.map(name => hasVolume(engine, name, signal)))
  return volumes.filter((_name, at) => !here[at])
}

async function holderOf(
  engine: Engine,
  name: string,
  signal: AbortSignal,
): Promise<{name: string; project: string | null} | null> {
  const options = {all: true, filters: {name: [`^/${name.replaceAll('.', '\\.')}$`]}, abortSignal: signal}
  const [holder] = await asked(engine, engine.client.listContainers(options), signal)
  return holder === undefined ? null : {name, project: holder.Labels[projectLabel] ?? null}
}
