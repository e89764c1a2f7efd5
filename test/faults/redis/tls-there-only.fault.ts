import {execFile} from 'node:child_process'
import path from 'node:path'
import {promisify} from 'node:util'
import {freePort} from '../../services/redis.ts'
import {defineFault} from '../fault.ts'

const run = promisify(execFile)
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export default defineFault({
  on: 'host',
  title: 'Redis speaks TLS, and the address that is typed does not (redis://)',
  async breakIt(hub) {
    const {directory, cli} = hub.redis
    const [keyFile, cert] = ['key.pem', 'cert.pem'].map(name => path.join(directory, name)) as [
      string,
      string,
    ]
    const self = ['req', '-x509', ...key, '-days', '2', '-subj', '/CN=localhost']
    await run('openssl', [...self, '-keyout', keyFile, '-out', cert])
    const port = await freePort()
    const files = ['tls-cert-file', cert, 'tls-key-file', keyFile, 'tls-ca-cert-file', cert]
    await cli('CONFIG', 'SET', ...files, 'tls-auth-clients', 'no', 'tls-port', String(port))
    hub.redisUrl = `redis://127.0.0.1:${port}/0`
  },
  expects: {first: 'redis.reachable', verdict: 'critical', says: /speaks TLS and was asked without/},
  cure: {
    decision: /^use rediss:\/\/ for a Redis with TLS/,
    carryOut: async hub => {
      hub.redisUrl = `${hub.redisUrl.replace('redis:', 'rediss:')}?ssl_cert_reqs=none`
    },
  },
})
