import type {ComposeHub} from '../../services/compose-hub.ts'
import {freePort} from '../../services/redis.ts'

/** Brings a hub into production, on loopback, with its own authority unless another certificate is named. */
export async function bringIntoProduction(hub: ComposeHub, certificate = 'internal'): Promise<void> {
  const [https, http] = [await freePort(), await freePort()]
  const words = `--bind 127.0.0.1 --https-port ${https} --http-port ${http} --certificate ${certificate}`
  const {code, stderr} = await hub.type(`hub-mon up --production ${words}`)
  if (code !== 0) throw new Error(`it did not come into production: ${stderr}`)
}
