import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {root} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The user that is typed may do nothing in Redis',
  async breakIt(hub) {
    await hub.redis.cli('ACL', 'SETUSER', 'hub-mon-ask', 'on', '>PASSWORD')
    hub.redisUrl = hub.redis.url.replace('//', '//hub-mon-ask:PASSWORD@')
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /lets this user do too little: NOPERM/},
  cure: {
    decision: /docs\/redis-access\.md/,
    async carryOut({redis}) {
      const page = await readFile(path.join(root, 'docs/redis-access.md'), 'utf8')
      const [line = ''] = /^ACL SETUSER hub-mon-ask .*/m.exec(page) ?? []
      await redis.cli(...line.split(' '))
    },
  },
})
