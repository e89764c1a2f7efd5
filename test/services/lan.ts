import {execFile} from 'node:child_process'
import {randomInt} from 'node:crypto'
import {promisify} from 'node:util'

const run = promisify(execFile)

export type Answer = {status: number; location: string; headers: Record<string, string>; body: string}

/**
 * A network beside this machine, as a firewall's other side would be: a pair of virtual cables and a namespace at its far end, of
 * this test alone. What is published on `here` is reached from there with a real address, as from another machine. Needs root.
 */
export type Lan = {
  /** This machine's address in it. */
  here: string
  /** Three others in it. */
  near: string
  far: string
  front: string
  /** By IPv6, this machine's and the first of the others. */
  here6: string
  near6: string
  /** Asks from one of them; whatever name the URL has leads to `here`. `status` 0 is no answer. */
  ask: (from: string, url: string, ...words: string[]) => Promise<Answer>
  /** Words that run a program there. */
  inside: readonly string[]
  remove: () => Promise<void>
}

type Four = [string, string, string, string]

export async function makeLan(): Promise<Lan> {
  const id = randomInt(4096).toString(16).padStart(3, '0')
  const [space, cable] = [`t-lan-${process.pid}-${id}`, `t-${process.pid % 100_000}-${id}`]
  // 198.18.0.0/15 is for tests, and nobody's.
  const network = `198.18.${randomInt(1, 255)}`
  const [here, near, far, front] = [1, 7, 9, 11].map(host => `${network}.${host}`) as Four
  const ip = (...words: string[]) => run('ip', words)
  await ip('netns', 'add', space)
  await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
  await ip('addr', 'add', `${here}/24`, 'dev', cable)
  // Of fd00::/8, which is everybody's own.
  const network6 = `fd${randomInt(0x10, 0x100).toString(16)}:${randomInt(0x1000, 0x10000).toString(16)}`
  const [here6, near6] = [`${network6}::1`, `${network6}::7`]
  await ip('addr', 'add', `${here6}/64`, 'dev', cable, 'nodad')
  await ip('link', 'set', cable, 'up')
  for (const address of [near, far, front])
    await ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  await ip('-n', space, 'addr', 'add', `${near6}/64`, 'dev', 'eth0', 'nodad')
  for (const device of ['eth0', 'lo']) await ip('-n', space, 'link', 'set', device, 'up')
  await ip('-n', space, 'route', 'add', 'default', 'via', here)
  const inside = ['ip', 'netns', 'exec', space]
  return {
    ...{here, near, far, front, here6, near6, inside},
    ask(from, url, ...words) {
      const to = from.includes(':') ? `::[${here6}]:` : `::${here}:`
      return ask(url, inside, ['--interface', from, ...words, '--connect-to', to])
    },
    async remove() {
      await ip('link', 'del', cable)
      await ip('netns', 'del', space)
    },
  }
}

/** Asks from this machine itself; whatever name the URL has leads to the address. */
export function askAt(address: string, url: string, ...words: string[]): Promise<Answer> {
  return ask(url, [], ['--connect-to', `::${address}:`, ...words])
}

async function ask(url: string, before: string[], words: string[]): Promise<Answer> {
  const told = '\n%{http_code}'
  const curl = [
    'curl',
    '--silent',
    '--insecure',
    '--include',
    '--http1.1',
    '--max-time',
    '10',
    '--write-out',
    told,
  ]
  const [program = '', ...rest] = [...before, ...curl, ...words, url]
  const {stdout} = await run(program, rest).catch((error: {stdout?: string}) => ({
    stdout: error.stdout ?? told,
  }))
  const at = stdout.lastIndexOf('\n')
  const [head = '', ...body] = stdout.slice(0, at).split('\r\n\r\n')
  const lines = head
    .split('\r\n')
    .slice(1)
    .map(line => /^([^:]+):\s*(.*)$/.exec(line) ?? ['', '', ''])
  const headers = Object.fromEntries(lines.map(([, name = '', value = '']) => [name.toLowerCase(), value]))
  return {
    status: Number(stdout.slice(at + 1)) || 0,
    location: headers.location ?? '',
    headers,
    body: body.join('\r\n\r\n'),
  }
}
