import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {parseSentinelUrl} from '../../../../src/sources/redis/sentinel-url.ts'

const nobody = {username: null, password: null, tls: null}
const h1 = {host: 'h1', port: 26379}
const h2 = {host: 'h2', port: 26380}

describe('a Sentinel URL', () => {
  it.each([
    ['sentinel://h1', [h1], 0],
    ['SENTINEL://h1:26379/2', [h1], 2],
    ['sentinel://h1/2;sentinel://h2:26380/2', [h1, h2], 2],
    // Celery, too, is in database 0 then: kombu takes what stands in the first.
    ['sentinel://h1;sentinel://h2:26380/2', [h1, h2], 0],
    ['sentinel://h1;h2:26380', [h1, h2], 0],
    ['sentinel://h1, h2:26380/3', [h1, h2], 3],
    ['sentinel://h1?db=4', [h1], 4],
    ['sentinel://[::1]:26380', [{host: '::1', port: 26380}], 0],
    ['sentinel://', [{host: 'localhost', port: 26379}], 0],
  ])('%s', (url, sentinels, database) => {
    expect(parseSentinelUrl(url)).toEqual({
      sentinels,
      masterName: null,
      asking: {...nobody, database: 0},
      master: {...nobody, database},
    })
  })

  it('tells the sign-in of the master from that of the Sentinels', () => {
    const url =
      'sentinel://u:p%3Bw@h1;sentinel://h2:26380?master_name=m&sentinel_username=su&sentinel_password=s%26p&ssl_ca_certs=/ca.pem'
    expect(parseSentinelUrl(url)).toMatchObject({
      masterName: 'm',
      asking: {username: 'su', password: 's&p', tls: null},
      master: {username: 'u', password: 'p;w', tls: {verify: true, caPath: '/ca.pem'}},
    })
    expect(
      parseSentinelUrl('sentinel://h1?sentinel_ssl=true&ssl_cert_reqs=CERT_NONE').asking.tls,
    ).toMatchObject({
      verify: false,
    })
  })

  it.each([
    'sentinel://h1:0',
    'sentinel://h1:99999',
    'sentinel://h1:x',
    'sentinel://:a?b@h1',
    'sentinel://::1',
    'sentinel://h1/name',
    'sentinel://h1;redis://h2',
    'sentinel://h1?ssl_cert_reqs=perhaps',
  ])('%s is refused', url => {
    expect(() => parseSentinelUrl(url)).toThrow(expect.objectContaining({code: 'unsupported'}))
  })

  it('never shows a password, whatever is wrong with it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, behind) => {
        try {
          parseSentinelUrl(`sentinel://${before}u:CANARY${behind}`)
        } catch (error) {
          expect(error).toMatchObject({code: 'unsupported'})
          expect(String(error)).not.toContain('CANARY')
        }
      }),
    )
  })
})
