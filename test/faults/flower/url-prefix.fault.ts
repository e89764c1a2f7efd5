import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Flower was moved below a path of its own, and the address has none',
  async breakIt(hub) {
    const flower = await hub.flower(['one@test'], {mode: 'prefix'})
    flower.url = `http://127.0.0.1:${flower.port}`
  },
  expects: {
    first: 'flower.api',
    verdict: 'warning',
    says: /^answers 404 everywhere: Flower runs under another path/,
  },
  cure: {
    decision: /^add the prefix to --flower-url/,
    carryOut: hub => hub.flower(['one@test'], {mode: 'prefix'}),
  },
})
