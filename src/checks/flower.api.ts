import {confirmBy, cureBy, decide, type Remedy} from '../report/finding.ts'
import type {FlowerFacts} from '../snapshot/flower.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {defineCheck, fail, pass} from './check.ts'
import {affectedBy, hubMon} from './names.ts'

export const flowerApi = defineCheck({
  id: 'flower.api',
  category: 'flower',
  title: "Flower's API can be read, and only read",
  why: 'Nodes and tasks as Flower sees them come from its API; an API that may act lets any page in your browser run tasks.',
  looksAt:
    'Answers of /api/workers, /workers and /metrics: 401, 404, 405, log-in pages and what else may answer.',
  confirm: ['curl -i http://127.0.0.1:5555/api/workers', 'curl -i "http://127.0.0.1:5555/workers?json=1"'],
  cure: [
    '# FLOWER_UNAUTHENTICATED_API=true and FLOWER_READ_ONLY=true on loopback, else FLOWER_BASIC_AUTH, then: hub-mon up',
  ],
  severity: 'warning',
  phase: 'running',
  needs: ['flower'],
  judge(snapshot, {flower}) {
    const {api, url, readOnly, version} = flower
    const confirm = confirmBy('what it answers', 'curl', '-i', `${url}/api/workers`)
    if (api === 'usable' && readOnly !== false)
      return pass(
        `usable${readOnly === true ? ', read-only' : ''}${version === null ? '' : `, Flower ${version}`}`,
      )
    const affects = affectedBy(snapshot, 'flower')
    if (api === 'usable')
      return fail('the API may run tasks and stop nodes: it is not read-only', {
        severity: 'notice',
        affects,
        evidence: [{label: 'read_only', value: false}],
        remedies: [decide('FLOWER_READ_ONLY=true (Flower 2.1 and newer), then up'), confirm],
      })
    const {message, cures} = troubles[api](snapshot, flower)
    return fail(message, {
      affects,
      evidence: [
        {label: 'API', value: api},
        {label: 'credentials sent', value: flower.sentCredentials},
      ],
      remedies: [...cures, confirm],
    })
  },
})

type Trouble = (snapshot: Snapshot, flower: FlowerFacts) => {message: string; cures: Remedy[]}

const troubles: Record<Exclude<FlowerFacts['api'], 'usable'>, Trouble> = {
  'not-enabled': snapshot => ({
    message: 'answers 401: Flower 2 keeps its API closed unless auth or FLOWER_UNAUTHENTICATED_API is set',
    cures: [
      decide(
        'on loopback: FLOWER_UNAUTHENTICATED_API=true with FLOWER_READ_ONLY=true; beyond it: FLOWER_BASIC_AUTH',
      ),
      ...applied(snapshot),
    ],
  }),
  unauthorized: (_snapshot, {sentCredentials}) =>
    sentCredentials
      ? {
          message: 'answers 401: the user name or password that was sent is wrong',
          cures: [decide('correct FLOWER_BASIC_AUTH (user:password) here, or in the compose file')],
        }
      : {
          message: 'answers 401: it wants a user name and password, and none is known',
          cures: [decide('set FLOWER_BASIC_AUTH=user:password here, too')],
        },
  'login-page': () => ({
    message: 'sends us to a log-in page (OAuth), which no command can pass',
    cures: [decide('reach Flower behind the log-in: --flower-url with its inner address')],
  }),
  'disabled-by-auth': () => ({
    message: 'answers 405: Flower 1.1 and 1.2 close the API while auth is on',
    cures: [decide('upgrade to Flower 2.1 or newer')],
  }),
  'wrong-prefix': (snapshot, {url}) => ({
    message: 'answers 404 everywhere: Flower runs under another path (url_prefix)',
    cures: [
      decide('add the prefix to --flower-url'),
      cureBy(
        'for the prefix /flower',
        'hub-mon',
        'doctor',
        '--flower-url',
        `${url}/flower`,
        ...flagsWithoutUrl(snapshot),
      ),
    ],
  }),
  'not-flower': (_snapshot, {url}) => ({
    message: `what answers at ${url} is not Flower`,
    cures: [
      decide('correct --flower-url, or publish Flower on another port: FLOWER_PORT=5556'),
      confirmBy('whose port it is', 'docker', 'ps', '--filter', `publish=${portOf(url)}`),
    ],
  }),
}

function applied(snapshot: Snapshot): Remedy[] {
  return snapshot.target.kind === 'compose' ? [cureBy('apply it', ...hubMon(snapshot, 'up'))] : []
}

function flagsWithoutUrl({target}: Snapshot): string[] {
  const at = target.flags.indexOf('--flower-url')
  return at < 0 ? target.flags : target.flags.filter((_flag, index) => index !== at && index !== at + 1)
}

function portOf(url: string): string {
  const {port, protocol} = new URL(url)
  if (port !== '') return port
  return protocol === 'https:' ? '443' : '80'
}
