import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {bringIntoProduction} from './in-production.ts'

export default defineFault({
  on: 'compose',
  title: 'In production, the proxy is frozen: it takes connections and never answers',
  slow: true,
  async breakIt(hub) {
    await bringIntoProduction(hub)
    const pid = await docker('inspect', '--format', '{{.State.Pid}}', hub.container('proxy'))
    process.kill(Number(pid), 'SIGSTOP')
  },
  expects: {first: 'security.reachable', verdict: 'warning', says: /^127\S+, 127\S+ do not answer$/},
  cure: 'typed',
})
