import {startWebPage} from '../../stand-ins/web-page.ts'
import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Something else listens where Flower did',
  async breakIt(hub) {
    const flower = await hub.flower(['one@test'])
    await flower.close()
    const page = await startWebPage(flower.port)
    hub.atEnd(page.close)
  },
  expects: {first: 'flower.api', verdict: 'warning', says: /^what answers at .* is not Flower/},
  cure: {
    decision: /^correct --flower-url/,
    carryOut: hub => hub.flower(['one@test']),
  },
})
