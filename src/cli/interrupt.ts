import {setMaxListeners} from 'node:events'
import {HubError} from '../errors/hub-error.ts'

const showCursor = '\u001B[?25h'

/**
 * The first Ctrl-C or SIGTERM aborts what is under way, so that nothing of ours stays behind in Redis or in a
 * half-run Compose; a second one leaves at once.
 */
export function abortOnSignals(): AbortSignal {
  // One signal stands over a request for each container and each queue; Node takes more than ten for a leak.
  setMaxListeners(0)
  const controller = new AbortController()
  const leave = (name: 'interrupted' | 'terminated', code: number) => () => {
    if (process.stderr.isTTY) process.stderr.write(showCursor)
    if (controller.signal.aborted) process.exit(code)
    controller.abort(new HubError(name, name, name))
    process.exitCode = code
  }
  process.on('SIGINT', leave('interrupted', 130))
  process.on('SIGTERM', leave('terminated', 143))
  return controller.signal
}
