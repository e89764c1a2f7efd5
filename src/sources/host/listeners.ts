import {readdir, readFile, readlink} from 'node:fs/promises'

/** The words of its command line may hold secrets. */
export type Listener = {pid: number; command: string[]}

/** Which process listens on each of these TCP ports. Only on Linux, and only of processes that we may look into. */
export async function findListeners(ports: readonly number[]): Promise<Map<number, Listener>> {
  const sockets = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '')
    for (const {port, inode} of parseListening(text)) if (ports.includes(port)) sockets.set(inode, port)
  }
  const found = new Map<number, Listener>()
  if (sockets.size === 0) return found
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    for (const inode of await socketsOf(entry)) {
      const port = sockets.get(inode)
      if (port === undefined || found.has(port)) continue
      found.set(port, {pid: Number(entry), command: await commandOf(entry)})
      if (found.size === new Set(sockets.values()).size) return found
    }
  }
  return found
}

/** Rows of `/proc/net/tcp` in state 0A (listening): the port is the hexadecimal part after the address. */
export function parseListening(table: string): {port: number; inode: string}[] {
  return table
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(columns => columns[3] === '0A')
    .map(columns => ({
      port: Number.parseInt(columns[1]?.split(':')[1] ?? '', 16),
      inode: columns[9] ?? '',
    }))
}

async function socketsOf(pid: string): Promise<string[]> {
  const directory = `/proc/${pid}/fd`
  const descriptors = await readdir(directory).catch(() => [])
  const links = await Promise.all(descriptors.map(fd => readlink(`${directory}/${fd}`).catch(() => '')))
  return links.map(link => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter(inode => inode !== undefined)
}

async function commandOf(pid: string): Promise<string[]> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
    .split('\0')
    .filter(word => word !== '')
  return words.length > 0 ? words : [(await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()]
}
