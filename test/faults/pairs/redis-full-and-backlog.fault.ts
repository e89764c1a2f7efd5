import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Redis is full, and more waits than one pool process does in good time',
  async breakIt(hub) {
    // Nothing ends while Redis is full: a node that cannot write what came of a task hangs, and that is another fault.
    await hub.app.python('import tasks; tasks.sleepy.delay(25)\nfor i in range(40): tasks.sleepy.delay(0.2)')
    const used = Number(/^used_memory:(\d+)/m.exec(await hub.redis.cli('INFO', 'memory'))?.[1])
    await hub.redis.cli('CONFIG', 'SET', 'maxmemory', String(Math.round(used * 0.8)))
  },
  expects: {first: 'redis.writable', verdict: 'critical', says: /^OOM/},
  cure: 'typed',
  second: {
    expects: {first: 'celery.queue-depth', verdict: 'warning', says: /^celery holds \d\d messages/},
    cure: {answer: 'y'},
  },
})
