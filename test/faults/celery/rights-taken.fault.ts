import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title:
    "Somebody takes a command from the nodes' user of Redis while they run, and nobody can read their logs",
  async start(hub) {
    await hub.redis.cli('ACL', 'SETUSER', 'shop', 'on', '>secret', '~*', '&*', '+@all')
    const app = await hub.otherApp({}, hub.redis.url.replace('//', '//shop:secret@'))
    await app.worker('-n', 'one@test', '-c', '1', '-E')
    await hub.flower(['one@test'])
    // Gone with its last node, as everywhere.
    hub.atEnd(app.stop)
  },
  async breakIt(hub) {
    await hub.redis.cli('ACL', 'SETUSER', 'shop', '-brpop')
    await until('the node has ended', 20, async () => (await hub.listeners()) === 0)
  },
  expects: {
    first: 'celery.nodes-online',
    verdict: 'critical',
    says: /^no node listens on Redis; Redis refuses BRPOP to the user shop$/,
  },
  cure: {
    decision: /^if it is the nodes', give shop the rights that Celery needs/,
    async carryOut(hub) {
      await hub.redis.cli('ACL', 'SETUSER', 'shop', '+brpop')
      const app = await hub.otherApp({}, hub.redis.url.replace('//', '//shop:secret@'))
      await app.worker('-n', 'one@test', '-c', '1', '-E')
    },
  },
})
