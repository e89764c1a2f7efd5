import {asked, type Engine} from './engine.ts'

/** Lets a paused container go on. Throws a `SourceError`. */
export async function unpauseContainer(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  await asked(engine, engine.client.getContainer(name).unpause({abortSignal: signal}), signal)
}

/** Attaches a container to a network, where its neighbours know it by `alias`. Throws a `SourceError`. */
export async function attachContainer(
  engine: Engine,
  {container, network, alias}: {container: string; network: string; alias: string},
  signal: AbortSignal,
): Promise<void> {
  const options = {Container: container, EndpointConfig: {Aliases: [alias]}, abortSignal: signal}
  await asked(engine, engine.client.getNetwork(network).connect(options), signal)
}
