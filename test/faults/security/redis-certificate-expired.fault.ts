import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {makeAuthority} from '../../services/authority.ts'
import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {bringIntoProduction} from './in-production.ts'

export default defineFault({
  on: 'compose',
  title: 'In production with TLS between the services, the certificate of Redis has expired',
  slow: true,
  alone: {},
  async breakIt(hub) {
    await hub.type('hub-mon secrets init --redis-tls')
    await bringIntoProduction(hub)
    const authority = await makeAuthority()
    const {cert, key} = await authority.issue(['redis', 'localhost'], {from: -80, to: -1})
    const secrets = path.join(hub.folder, '.local/state/hub-mon/secrets', hub.project)
    await writeFile(path.join(secrets, 'redis_tls'), `${cert}${key}`)
    await writeFile(path.join(secrets, 'redis_ca'), authority.cert)
    await authority.remove()
    await docker('restart', hub.container('redis'))
    const health = ['inspect', '--format', '{{.State.Health.Status}}', hub.container('redis')]
    await until('it is unhealthy', 90, async () => (await docker(...health)).trim() === 'unhealthy')
  },
  expects: {
    first: 'stack.healthy',
    verdict: 'critical',
    says: /the certificate of Redis is refused/,
    alsoAlarms: {
      'celery.nodes-online': 'no node comes in to Redis; its log gives the same cause',
      'recorder.records': 'nor does the recorder',
    },
  },
  cure: {
    decision: /^where it has ended, make another: hub-mon secrets init --redis-tls$/,
    carryOut: hub => hub.type('hub-mon secrets init --redis-tls'),
    afterwards: 'typed',
  },
})
