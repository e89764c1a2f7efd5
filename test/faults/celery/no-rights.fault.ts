import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: "The worker's user of Redis may not take messages: somebody has forgotten a command in its ACL",
  async breakIt(hub) {
    const redis = (...words: string[]) => docker('exec', hub.container('redis'), 'redis-cli', ...words)
    await redis('ACL', 'SETUSER', 'shop', 'on', '>secret', '~*', '&*', '+@all', '-brpop')
    await hub.edit('CELERY_BROKER_URL: redis://redis', 'CELERY_BROKER_URL: redis://shop:secret@redis')
    await hub.type('hub-mon up --no-wait')
    const worker = hub.container('celery-worker')
    const restarts = () => docker('inspect', '--format', '{{.RestartCount}}', worker)
    await until('it was started again', 40, async () => Number(await restarts()) >= 3)
    return redis
  },
  expects: {
    first: 'stack.restart-loop',
    verdict: 'critical',
    says: /^celery-worker (dies with|has had).*: its user of Redis may not BRPOP/,
  },
  cure: {
    decision: /^give the user that the workers' CELERY_BROKER_URL names the rights/,
    carryOut: (_hub, redis) => redis('ACL', 'SETUSER', 'shop', '+brpop'),
    afterwards: 'typed',
  },
  async tidy(hub) {
    await hub.restoreFile()
    await hub.type('hub-mon up')
  },
  slow: true,
})
