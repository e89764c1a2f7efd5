import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Flower is connected to another Redis, and shows the nodes of that one',
  breakIt: hub => hub.flower(['other@elsewhere']),
  expects: {
    first: 'flower.sees-nodes',
    verdict: 'warning',
    says: /^one@test answers Celery but Flower does not know it; other@elsewhere is online for Flower/,
  },
  cure: {
    decision: /^compare the broker URLs/,
    carryOut: hub => hub.flower(['one@test']),
  },
})
