import {appendFile, readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {docker, until} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title:
    'The new release of the application cannot be imported: the worker dies at its start, again and again',
  async breakIt(hub) {
    const file = path.join(hub.folder, 'hub/app/tasks.py')
    const whole = await readFile(file, 'utf8')
    await appendFile(file, '\nimport shop_that_nobody_installed\n')
    const worker = hub.container('celery-worker')
    await docker('restart', worker)
    const restarts = () => docker('inspect', '--format', '{{.RestartCount}}', worker)
    await until('it was started again', 40, async () => Number(await restarts()) >= 3)
    return {file, whole}
  },
  expects: {
    first: 'stack.restart-loop',
    verdict: 'critical',
    says: /^celery-worker (dies with exit code \d|has had \d restarts)/,
  },
  cure: {
    decision: /^put the module where it is imported from/,
    carryOut: (_hub, {file, whole}) => writeFile(file, whole),
    // Its settings are as they were: the container stays, and the engine's count of its restarts.
    afterwards: 'typed',
  },
})
