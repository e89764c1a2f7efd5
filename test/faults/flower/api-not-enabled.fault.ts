import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Flower 2 keeps its API closed',
  breakIt: hub => hub.flower(['one@test'], {mode: 'not-enabled'}),
  expects: {first: 'flower.api', verdict: 'warning', says: /^answers 401: Flower 2 keeps its API closed/},
  cure: {
    decision: /FLOWER_UNAUTHENTICATED_API=true/,
    carryOut: hub => hub.flower(['one@test']),
  },
})
