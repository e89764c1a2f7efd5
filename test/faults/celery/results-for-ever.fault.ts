import {defineFault} from '../fault.ts'

const lives = (command: string) =>
  `for _, key in ipairs(redis.call('KEYS', 'celery-task-meta-*')) do redis.call(${command}) end`

export default defineFault({
  on: 'host',
  title: 'Results never expire, and fill Redis',
  app: {conf: {result_expires: null}},
  breakIt: hub =>
    hub.app.python('import tasks\nfor one in [tasks.add.delay(1, 2) for i in range(20)]: one.get()'),
  expects: {first: 'celery.results-expire', verdict: 'warning', says: /^20 of 20 results .* never expire/},
  cure: {
    decision: /^set result_expires/,
    async carryOut(hub) {
      await hub.app.stop()
      const next = await hub.otherApp({})
      await next.worker('-n', 'one@test', '-c', '1', '-E')
      await hub.redis.cli('-n', '1', 'EVAL', lives("'EXPIRE', key, 86400"), '0')
    },
  },
})
