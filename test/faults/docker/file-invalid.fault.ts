import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The compose file was edited, and is no valid one any more',
  breakIt: hub => hub.edit('stop_grace_period: 20s', 'stop_grace_perriod: 20s'),
  expects: {first: 'compose.file-valid', verdict: 'warning', says: /stop_grace_perriod/},
  cure: {
    decision: /^correct .*docker-compose\.monitoring\.yml/,
    carryOut: hub => hub.restoreFile(),
    afterwards: 'typed',
  },
})
