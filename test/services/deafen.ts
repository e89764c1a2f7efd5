import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {docker, until} from './hub.ts'

const run = promisify(execFile)

/**
 * Cuts off the one connection of a worker's container that waits for messages, as a firewall does that forgets it: Redis has lost
 * that client, the node has not noticed, and all its other connections work. Until the container is started again.
 */
export async function deafen(worker: string, redis: string): Promise<void> {
  const pid = (await docker('inspect', '--format', '{{.State.Pid}}', worker)).trim()
  const address = (
    await docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', worker)
  ).trim()
  const cli = (...words: string[]) => docker('exec', redis, 'redis-cli', ...words)
  const drop = (chain: string, side: string, port: string) =>
    run('nsenter', ['-t', pid, '-n', 'iptables', '-I', chain, '-p', 'tcp', side, port, '-j', 'DROP'])
  await until('it waits for messages no more', 20, async () => {
    const clients = (await cli('CLIENT', 'LIST')).split('\n')
    const waiting = clients.filter(line => line.includes(` addr=${address}:`) && / cmd=brpop /.test(line))
    for (const line of waiting) {
      const port = / addr=[^ ]*:(\d+) /.exec(line)?.[1] ?? ''
      await drop('OUTPUT', '--sport', port)
      await drop('INPUT', '--dport', port)
      await cli('CLIENT', 'KILL', `${address}:${port}`)
    }
    return waiting.length > 0
  })
}
