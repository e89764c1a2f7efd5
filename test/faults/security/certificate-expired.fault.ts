import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {makeAuthority} from '../../services/authority.ts'
import {docker} from '../../services/hub.ts'
import {defineFault} from '../fault.ts'
import {bringIntoProduction} from './in-production.ts'

export default defineFault({
  on: 'compose',
  title: "The proxy's certificate has expired",
  async breakIt(hub) {
    const authority = await makeAuthority()
    hub.env.NODE_EXTRA_CA_CERTS = authority.file
    const place = async (days: {from?: number; to?: number}, cert: string, key: string) => {
      const identity = await authority.issue(['localhost'], days)
      await Promise.all([writeFile(cert, identity.cert), writeFile(key, identity.key)])
    }
    const own = ['hub.pem', 'hub.key'].map(name => path.join(hub.folder, name)) as [string, string]
    await place({}, ...own)
    await bringIntoProduction(hub, `${own[0]} --key ${own[1]}`)
    // As it becomes by itself in three months.
    const secrets = path.join(hub.folder, '.local/state/hub-mon/secrets', hub.project)
    await place({from: -90, to: -1}, path.join(secrets, 'tls_cert'), path.join(secrets, 'tls_key'))
    await docker('restart', hub.container('proxy'))
    return {authority, renew: () => place({}, ...own)}
  },
  expects: {
    first: 'security.certificate',
    verdict: 'critical',
    says: /: the certificate has expired (24 h|1 d).* ago$/,
  },
  cure: {
    decision: /^with a certificate of your own: hub-mon up --production --certificate/,
    async carryOut(hub, {renew}) {
      await renew()
      await hub.type('hub-mon up --production --certificate hub.pem --key hub.key')
    },
  },
  tidy: (_hub, {authority}) => authority.remove(),
})
