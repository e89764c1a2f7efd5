import {defineFault} from '../fault.ts'

const poisoned = "@app.task\ndef charge(): raise ValueError('no customer')\n"
const mended = '@app.task\ndef charge(): pass\n'

export default defineFault({
  on: 'host',
  title: 'A task fails each time it is run',
  app: {tasks: poisoned},
  // What became of tasks is then read from their results.
  start: hub => hub.app.worker('-n', 'one@test', '-c', '1', '-E'),
  async breakIt(hub) {
    await hub.app.python(
      `import tasks\nfor one in [tasks.charge.delay() for i in range(25)]: one.get(propagate=False)`,
    )
  },
  expects: {
    first: 'tasks.failure-ratio',
    verdict: 'critical',
    says: /^100 % of 25 finished failed \(all tasks\), 100 % of 25 finished failed \(tasks\.charge\)$/,
  },
  cure: {
    decision: /^mend the exception that the log and tasks\.failed show; then send the failed tasks again/,
    async carryOut(hub) {
      await hub.app.stop()
      const next = await hub.otherApp({tasks: mended})
      await next.worker('-n', 'one@test', '-c', '1', '-E')
      await next.python('import tasks\nfor one in [tasks.charge.delay() for i in range(600)]: one.get()')
    },
  },
})
