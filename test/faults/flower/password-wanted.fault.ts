import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Flower wants a password, and none is known here',
  breakIt: hub => hub.flower(['one@test'], {mode: 'auth'}),
  expects: {
    first: 'flower.api',
    verdict: 'warning',
    says: /^answers 401: it wants a user name and password, and none is known/,
  },
  cure: {
    decision: /^set FLOWER_BASIC_AUTH=user:password here/,
    async carryOut(hub) {
      hub.env.FLOWER_BASIC_AUTH = 'admin:s3cret'
    },
  },
})
