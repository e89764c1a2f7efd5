import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'DOCKER_HOST names a socket that is not there',
  breakIt: async hub => {
    hub.env.DOCKER_HOST = 'unix:///nonexistent/docker.sock'
  },
  expects: {first: 'docker.reachable', verdict: 'critical', says: /DOCKER_HOST names unix:\/\/\/nonexistent/},
  cure: {
    decision: /unset it to use the local engine/,
    carryOut: async hub => {
      delete hub.env.DOCKER_HOST
    },
  },
})
