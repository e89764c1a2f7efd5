import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Two applications share one database and one queue, and each gets tasks of the other',
  async breakIt(hub) {
    const shop = await hub.otherApp({tasks: '@app.task\ndef charge(): pass\n'})
    const node = await shop.worker('-n', 'shop@test', '-c', '1', '-E')
    await hub.flower(['one@test', 'shop@test'])
    return {shop, node}
  },
  expects: {
    first: 'celery.nodes-alike',
    verdict: 'warning',
    says: /^one@test has not registered tasks\.charge, which other nodes of celery have/,
  },
  cure: {
    decision: /give each application queues of its own \(-Q\)/,
    async carryOut(_hub, {shop, node}) {
      await node.stop('SIGTERM')
      await shop.worker('-n', 'shop@test', '-c', '1', '-E', '-Q', 'shop')
    },
  },
})
