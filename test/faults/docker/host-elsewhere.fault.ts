import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'DOCKER_HOST names a machine where no engine listens',
  breakIt: async hub => {
    hub.env.DOCKER_HOST = 'tcp://127.0.0.1:1'
  },
  expects: {
    first: 'docker.reachable',
    verdict: 'critical',
    says: /^no Docker engine listens at tcp:\/\/127\.0\.0\.1:1/,
  },
  cure: {
    decision: /^correct DOCKER_HOST, or unset it/,
    carryOut: async hub => {
      delete hub.env.DOCKER_HOST
    },
  },
})
