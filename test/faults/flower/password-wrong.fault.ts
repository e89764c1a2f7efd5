import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'The password of Flower was changed, and the old one is still sent',
  async breakIt(hub) {
    hub.env.FLOWER_BASIC_AUTH = 'admin:s3cret'
    await hub.flower(['one@test'], {basicAuth: 'admin:newer'})
  },
  expects: {
    first: 'flower.api',
    verdict: 'warning',
    says: /^answers 401: the user name or password that was sent is wrong/,
  },
  cure: {
    decision: /^correct FLOWER_BASIC_AUTH/,
    async carryOut(hub) {
      hub.env.FLOWER_BASIC_AUTH = 'admin:newer'
    },
  },
})
