import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {defineFault} from '../fault.ts'

const run = promisify(execFile)

export default defineFault({
  on: 'host',
  title: 'A firewall drops every packet on the way to Redis',
  async breakIt({redis, atEnd}) {
    const rule = ['INPUT', '-i', 'lo', '-p', 'tcp', '--dport', String(redis.port), '-j', 'DROP']
    await run('iptables', ['-w', '-I', ...rule])
    let open = false
    const takeAway = async () => {
      if (!open) await run('iptables', ['-w', '-D', ...rule])
      open = true
    }
    atEnd(takeAway)
    return takeAway
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /did not accept the connection in time$/},
  cure: {
    decision: /what may drop packets on the way \(a firewall\)/,
    carryOut: (_hub, takeAway) => takeAway(),
  },
})
