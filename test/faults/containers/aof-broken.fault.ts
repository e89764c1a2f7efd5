import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'Redis cannot read its append-only file, which a crash of the host has left garbage in',
  async breakIt(hub) {
    const redis = hub.container('redis')
    await hub.send('quick')
    const damage =
      'printf "*3\\r\\n\\$3\\r\\nSET\\r\\ngarbage" >> /data/appendonlydir/appendonly.aof.1.incr.aof'
    await docker('exec', redis, 'sh', '-c', damage)
    // Not saved on its way: as after a crash.
    await docker('kill', redis)
    await docker('start', redis)
    const restarts = () => docker('inspect', '--format', '{{.RestartCount}}', redis)
    await until('it was started again', 40, async () => Number(await restarts()) >= 3)
  },
  expects: {
    first: 'stack.restart-loop',
    verdict: 'critical',
    says: /^redis (dies with exit code 1|has had).*: the append-only file appendonly\.aof\.1\.incr\.aof is broken/,
  },
  cure: {
    decision: /^make a copy of its volume first/,
    // A worker of Celery 5.2 does not always find back to a Redis that went again and again, which is a fault of its own.
    async carryOut(hub) {
      await docker('cp', `${hub.container('redis')}:/data`, hub.folder)
      await docker('restart', hub.container('celery-worker'))
    },
    // Then the engine starts it once more.
    afterwards: {answer: 'y'},
  },
  slow: true,
})
