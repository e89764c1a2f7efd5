import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'compose',
  title: 'The compose file wants a variable that nobody has set',
  breakIt: hub => hub.edit('x-common:', `x-owner: \${HUB_OWNER:?say who is called at night}\n\nx-common:`),
  expects: {first: 'compose.file-valid', verdict: 'warning', says: /HUB_OWNER.*say who is called at night/},
  cure: {
    decision: /^set HUB_OWNER, here or in .*\.env/,
    carryOut: hub => hub.set('HUB_OWNER', 'ann'),
    afterwards: 'typed',
  },
  tidy: hub => hub.restoreFile(),
})
