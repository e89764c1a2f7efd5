import {defineFault} from '../fault.ts'

const command = /(?<= command:\n) +- celery\n(?: +- .*\n)+/
const celery = 'celery -A app.celery_app worker --concurrency=2 -E --hostname=celery@%h'

export default defineFault({
  on: 'compose',
  slow: true,
  title: 'The worker runs below a shell, which keeps the signal of a stop from it',
  async breakIt(hub) {
    await hub.edit(command, `      - sh\n      - -c\n      - ${celery}; true\n`)
    const {code, stderr} = await hub.type('hub-mon up')
    if (code !== 0) throw new Error(stderr)
  },
  expects: {
    first: 'stack.stop-signal',
    verdict: 'warning',
    says: /^in \S+-celery-worker, sh keeps SIGTERM from Celery/,
  },
  cure: {
    decision: /^start Celery with exec \(sh -c "exec celery …"\)/,
    carryOut: hub => hub.edit(celery, `exec ${celery}`),
    afterwards: 'typed',
  },
  async tidy(hub) {
    await hub.restoreFile()
    await hub.type('hub-mon up')
  },
})
