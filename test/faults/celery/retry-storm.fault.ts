import {until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

const stormy = `@app.task(bind=True, max_retries=None)
def charge(self):
    raise self.retry(countdown=0.1)
`
const mended = '@app.task\ndef charge(): pass\n'

export default defineFault({
  on: 'host',
  title: 'Tasks do nothing but try again: what they call is away',
  app: {tasks: stormy},
  start: hub => hub.app.worker('-n', 'one@test', '-c', '1', '-E'),
  async breakIt(hub) {
    await hub.app.python('import tasks\nfor i in range(10): tasks.charge.delay()')
    await until('they have tried again', 20, async () => {
      const {findings} = await hub.doctor('--only', 'tasks.retry-ratio')
      return findings.some(({status}) => status === 'warning')
    })
  },
  expects: {
    first: 'tasks.retry-ratio',
    verdict: 'warning',
    says: /^\d+ % of \d+ deliveries were retries \(all tasks\)/,
  },
  cure: {
    decision: /^mend what they wait for, or give retries more time between them/,
    async carryOut(hub) {
      await hub.app.stop()
      const next = await hub.otherApp({tasks: mended})
      await next.worker('-n', 'one@test', '-c', '1', '-E')
      await next.python('import tasks\nfor one in [tasks.charge.delay() for i in range(300)]: one.get()')
    },
  },
})
