import {until} from '../../services/hub.ts'
import {startProxy} from '../../services/proxy.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'A node answers and takes nothing: the connection that it waits for messages on is half-open',
  async start(hub) {
    await hub.app.worker('-n', 'one@test', '-c', '1', '-E', '-Q', 'other')
    await hub.flower(['one@test'])
  },
  async breakIt(hub) {
    const proxy = await startProxy(hub.redis.port)
    hub.atEnd(proxy.close)
    const far = await hub.otherApp({}, `redis://127.0.0.1:${proxy.port}/0`)
    const deaf = await far.worker('-n', 'deaf@test', '-c', '1', '-E')
    proxy.freeze('BRPOP')
    // What looks after services starts again what ends.
    deaf.process.once('exit', () => void hub.app.worker('-n', 'deaf@test', '-c', '1', '-E').catch(() => {}))
    await hub.flower(['deaf@test', 'one@test'])
    // Each wait ends after a second and begins anew: one node between two of them is not yet the other one that waits no more.
    let lastWaited = Date.now()
    await until('it waits no longer', 15, async () => {
      const waiting = (await hub.redis.cli('CLIENT', 'LIST')).match(/ flags=b/g)?.length ?? 0
      if (waiting >= 2) lastWaited = Date.now()
      return Date.now() - lastWaited > 2000
    })
    await hub.app.python('import tasks; tasks.add.delay(1, 2)')
    // New ones are given some time to begin.
    await new Promise(resolve => setTimeout(resolve, 3000))
  },
  expects: {
    first: 'celery.consuming',
    verdict: 'critical',
    says: /^deaf@test answers but takes nothing from celery: 1 message waits/,
  },
  cure: {answer: 'y'},
})
