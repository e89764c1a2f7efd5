import {asked, type Engine} from './engine.ts'
import {projectLabel} from './projects.ts'

/** A port of the engine's machine that a container holds. */
export type Publisher = {container: string; project: string | null; hostIp: string; port: number}

/** What running containers hold. */
export async function readPublishers(engine: Engine, signal: AbortSignal): Promise<Publisher[]> {
  const containers = await asked(engine, engine.client.listContainers({abortSignal: signal}), signal)
  return containers.flatMap(({Names, Labels, Ports}) =>
    Ports.filter(port => port.Type === 'tcp' && Boolean(port.PublicPort)).map(port => ({
      container: (Names[0] ?? '').replace(/^\//, ''),
      project: Labels[projectLabel] ?? null,
      hostIp: port.IP ?? '0.0.0.0',
      port: port.PublicPort,
    })),
  )
}
