import type {ComposeHub} from '../services/compose-hub.ts'
import {freePort} from '../services/redis.ts'

/** Flower is to be published on a fixed port from now on; nothing is started. */
export async function publishFlowerAt(hub: ComposeHub): Promise<number> {
  const port = await freePort()
  await hub.set('FLOWER_PORT', String(port))
  return port
}
