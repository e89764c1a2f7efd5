import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'A task hangs: it has run for longer than any should',
  async breakIt(hub) {
    // Half an hour, when nobody says otherwise.
    const bounds = 'metrics:\n  celery_task_running_seconds:\n    warning: {above: 2}\n'
    await writeFile(path.join(hub.folder, 'hub-mon.config.yaml'), bounds)
    await hub.app.python('import tasks; tasks.sleepy.delay(900)')
    await new Promise(resolve => setTimeout(resolve, 2500))
  },
  expects: {
    first: 'celery.running-tasks',
    verdict: 'warning',
    says: /^tasks\.sleepy [-0-9a-f]{36} has run for \d\S* s on one@test, since \d{4}-/,
  },
  cure: {answer: 'y'},
})
