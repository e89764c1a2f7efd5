import type {ComposeService} from '../../snapshot/compose.ts'
import type {Obstacle} from '../../snapshot/host.ts'
import {asked, type Engine} from './engine.ts'
import {readImage} from './images.ts'
import {projectLabel} from './projects.ts'

/** What keeps Compose from making a container of each of these services: an image that cannot be built here, a name that is taken. */
export async function readObstacles(
  engine: Engine,
  services: readonly ComposeService[],
  signal: AbortSignal,
): Promise<Obstacle[]> {
  const found = await Promise.all(
    services.map(async ({name: service, image, builds, containerName}): Promise<Obstacle[]> => {
      const [here, taken] = await Promise.all([
        image === null || builds ? true : readImage(engine, image, signal).then(known => known !== null),
        containerName === null ? null : holderOf(engine, containerName, signal),
      ])
      return [
        ...(here || image === null ? [] : [{service, image}]),
        ...(taken === null ? [] : [{service, container: taken.name, project: taken.project}]),
      ]
    }),
  )
  return found.flat()
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
