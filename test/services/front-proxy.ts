import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import type {Answer, Lan} from './lan.ts'

const program = fileURLToPath(new URL('../stand-ins/front-proxy.mjs', import.meta.url))

export type FrontProxy = {
  /** Asks it, from one of the network's addresses, for a page of the hub. */
  ask: (from: string, page: string, ...words: string[]) => Promise<Answer>
  stop: () => Promise<void>
}

/** A load balancer in front of a hub: at the address `front` of the network, and asking from there. */
export async function startFrontProxy({front, here, inside, ask}: Lan, site: string): Promise<FrontProxy> {
  const [command = '', ...words] = [...inside, process.execPath, program, front, here, site]
  const child = spawn(command, words, {stdio: ['ignore', 'pipe', 'inherit']})
  await once(child.stdout, 'data')
  return {
    ask: (from, page, ...more) =>
      ask(from, `http://${front}:8080${page}`, '--connect-to', `::${front}:`, ...more),
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
