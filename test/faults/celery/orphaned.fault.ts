import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

/** As if everything that is delivered had been delivered so much earlier. */
const age = `for _, tag in ipairs(redis.call('ZRANGE', 'unacked_index', 0, -1)) do
  redis.call('ZINCRBY', 'unacked_index', -ARGV[1], tag)
end`

export default defineFault({
  on: 'host',
  slow: true,
  title: 'A node was killed with work in its hands, and another one stays',
  app: {conf: {broker_transport_options: {visibility_timeout: 300}}},
  async breakIt(hub) {
    const dead = await hub.app.worker('-n', 'dead@test', '-c', '1', '-E', '-Q', 'late')
    await hub.app.python("import tasks; tasks.late.apply_async((5,), queue='late')")
    await until('it is delivered', 15, async () => (await hub.redis.cli('HLEN', 'unacked')) === '1')
    await dead.stop('SIGKILL')
    await hub.redis.cli('EVAL', age, '0', '100')
  },
  expects: {
    first: 'celery.unacked',
    verdict: 'warning',
    says: /^1 delivered message is held by no node: what took it is gone; delivered again within 5 min/,
  },
  cure: {
    decision: /^wait: nodes take back what is past the visibility timeout/,
    async carryOut(hub) {
      await hub.app.celery('control', 'add_consumer', 'late')
      await hub.redis.cli('EVAL', age, '0', '300')
      // Whoever asks nodes looks for what is past the timeout when it ends, as nodes do every 100 s.
      await until('it is taken back', 40, async () => {
        await hub.app.celery('inspect', 'ping')
        return (await hub.redis.cli('HLEN', 'unacked')) === '0'
      })
    },
  },
})
