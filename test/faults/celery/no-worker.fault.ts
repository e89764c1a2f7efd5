import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Somebody shut down the last node',
  breakIt: hub => hub.shutDown(),
  expects: {first: 'celery.nodes-online', verdict: 'critical', says: /^no node listens on Redis/},
  cure: {
    decision: /^start a node/,
    carryOut: hub => hub.app.worker('-n', 'one@test', '-c', '1', '-E'),
  },
})
