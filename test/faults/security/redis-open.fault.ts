import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {bringIntoProduction} from './in-production.ts'

export default defineFault({
  on: 'compose',
  title: 'In production, somebody let everybody into Redis, without a password',
  async breakIt(hub) {
    await bringIntoProduction(hub)
    const folder = path.join(hub.folder, '.local/state/hub-mon/secrets', hub.project)
    const url = new URL((await readFile(path.join(folder, 'hub-mon_admin'), 'utf8')).trim())
    // Redis protects itself from that with its protected mode, until somebody takes it off, too.
    await docker(
      ...['exec', hub.container('redis'), 'redis-cli', '--user', url.username, '--pass', url.password],
      ...['ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '&*', '+@all'],
    )
    await docker('exec', hub.container('redis'), 'redis-cli', 'CONFIG', 'SET', 'protected-mode', 'no')
  },
  expects: {first: 'security.redis-password', verdict: 'critical', says: /^Redis does what anybody asks/},
  cure: 'typed',
})
