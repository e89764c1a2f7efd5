import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Flower 1.2 closes its API where a password is asked for',
  async breakIt(hub) {
    hub.env.FLOWER_BASIC_AUTH = 'admin:s3cret'
    await hub.flower(['one@test'], {mode: 'old'})
  },
  expects: {
    first: 'flower.api',
    verdict: 'warning',
    says: /^answers 405: Flower 1\.1 and 1\.2 close the API while auth is on/,
  },
  cure: {
    decision: /^upgrade to Flower 2/,
    carryOut: hub => hub.flower(['one@test'], {mode: 'auth'}),
  },
})
