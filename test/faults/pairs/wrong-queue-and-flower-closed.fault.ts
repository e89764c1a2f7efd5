import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Tasks wait in a queue that nobody consumes, and Flower, which would show it, wants a password',
  async breakIt(hub) {
    await hub.app.python("import tasks\nfor i in range(3): tasks.add.apply_async((1, 2), queue='emails')")
    await hub.flower(['one@test'], {mode: 'auth'})
  },
  expects: {
    first: 'celery.queue-consumers',
    verdict: 'warning',
    says: /^no node consumes emails \(3 messages\)/,
  },
  cure: {
    decision: /^add it to -Q of a worker/,
    carryOut: hub => hub.app.celery('control', 'add_consumer', 'emails'),
  },
  second: {
    expects: {
      first: 'flower.api',
      verdict: 'warning',
      says: /it wants a user name and password, and none is known/,
    },
    cure: {
      decision: /^set FLOWER_BASIC_AUTH/,
      async carryOut(hub) {
        hub.env.FLOWER_BASIC_AUTH = 'admin:s3cret'
      },
    },
  },
})
