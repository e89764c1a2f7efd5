import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  slow: true,
  title: 'Pool processes are killed at their work, again and again',
  start: hub => hub.app.worker('-n', 'one@test', '-c', '1', '-E'),
  async breakIt(hub) {
    for (let nth = 1; nth <= 3; nth += 1) {
      await hub.app.python('import tasks; tasks.sleepy.delay(60)')
      const busy = await hub.app.python(
        `import tasks, time
while True:
    running = (tasks.app.control.inspect().active() or {}).get('one@test') or [{}]
    if running[0].get('worker_pid'): break
    time.sleep(0.1)
print(running[0]['worker_pid'])`,
      )
      process.kill(Number(busy), 'SIGKILL')
      await until('it is seen', 10, async () => (await hub.redis.cli('-n', '1', 'DBSIZE')) === String(nth))
    }
  },
  expects: {
    first: 'tasks.process-lost',
    verdict: 'warning',
    says: /^the pool process of tasks\.sleepy was killed at its work .* ago: WorkerLostError: .*SIGKILL/,
  },
  cure: {
    decision: /^find what kills it: memory/,
    // Nobody kills any more, and a quarter of an hour goes by.
    carryOut: hub => hub.ageResults(16 * 60),
  },
})
