import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Flower has ended, where it does not run in a container',
  breakIt: async hub => {
    const flower = await hub.flower(['one@test'])
    await flower.close()
    return flower
  },
  expects: {first: 'flower.reachable', verdict: 'warning', says: /^nothing listens at/},
  cure: {
    decision: /^start Flower where it runs/,
    carryOut: (hub, {port}) => hub.flower(['one@test'], {port}),
  },
})
