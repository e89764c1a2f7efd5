import {createHash} from 'node:crypto'
import path from 'node:path'
import {curingChecks} from '../alerts/describe.ts'
import type {Look} from '../alerts/judge.ts'
import type {Receiver} from '../alerts/notify/notifier.ts'
import {notifiers, receiverOf} from '../alerts/notify/registry.ts'
import {alertRows} from '../alerts/rows.ts'
import {select} from '../checks/select.ts'
import {HubError} from '../errors/hub-error.ts'
import {metrics} from '../metrics/registry.ts'
import type {SourceId} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {stateDirectory} from '../sources/host/state-directory.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'

/** Why nobody's history can be read, and will not be by looking again: then counters stand in. */
const withoutRecorder = ['no-history', 'exec-only']

/** Looks at all that rows judge and that their cures need, and at each window that a row has; all at once. */
export async function lookForAlerts(hub: Hub, {settings}: Context, passive: boolean): Promise<Look> {
  const rows = alertRows({expected: {poolProcesses: null, nodes: null, bounds: settings.bounds.value}})
  const ruled = metrics.filter(({id}) => rows.some(({metric}) => metric === id))
  const curing = curingChecks.filter(({metric}) => ruled.some(({id}) => id === metric))
  const chosen =
    curing.length === 0 ? null : select({only: curing.map(({id}) => id), skip: [], phase: 'running'})
  const read = [...(chosen?.sources ?? []), ...ruled.flatMap(({reads}) => reads)]
  const sources = new Set<SourceId>(['docker', ...read.filter(source => source !== 'history')])
  const lengths = [...new Set(rows.flatMap(({windowSeconds}) => windowSeconds ?? []))]
  const end = Date.now() / 1000
  const [now, ...kept] = await Promise.all([
    hub.look(sources, {passive, celery: chosen?.celery ?? {}}),
    ...lengths.map(seconds =>
      hub.look(new Set<SourceId>(['docker', 'history']), {passive, window: {from: end - seconds, to: end}}),
    ),
  ])
  const readings = kept.map(({sources: {history}}) => history)
  const nobody = readings.some(
    reading => reading?.status === 'unavailable' && withoutRecorder.includes(reading.error.code),
  )
  if (nobody || lengths.length === 0) return {now, windows: null}
  const windows = lengths.map((seconds, place): [number, Snapshot] => {
    const history = readings[place]
    return [seconds, history === undefined ? now : {...now, sources: {...now.sources, history}}]
  })
  return {now, windows: new Map(windows)}
}

/** Whom to tell: those of the flags, else those of the configuration. Throws a `HubError` (64) for a flag that cannot be one. */
export function receiversOf(
  flags: Readonly<Record<string, unknown>>,
  {settings, secrets}: Pick<Context, 'settings' | 'secrets'>,
): Receiver[] {
  const typed = notifiers.flatMap(({kind, fault}) =>
    ((flags[kind] ?? []) as string[]).map(address => {
      const wrong = fault(address)
      if (wrong !== null) throw new HubError('usage', 'bad-receiver', `--${kind} ${wrong}`)
      return receiverOf(kind, address)
    }),
  )
  const configured = settings.alerts.value.notify.map(({kind, address}) => receiverOf(kind, address))
  const receivers = typed.length > 0 ? typed : configured
  for (const {kind, address} of receivers) {
    secrets.addAddress(address)
    if (kind.secret) secrets.addPath(address)
  }
  // The same one twice would be told twice.
  return [...new Map(receivers.map(receiver => [receiver.id, receiver])).values()]
}

/** What receivers and people know a hub by: its compose project, else the broker's address without who signs in. */
export function hubName({target, located}: Pick<Hub, 'target' | 'located'>): string {
  return target.project ?? withoutUser(located.redisUrl ?? 'hub').replace(/^[a-z+]+:\/\//, '')
}

/** Where a follower keeps what it knows of a hub; the same whoever signs in, and however the hub was found. */
export function stateFileOf(hub: Pick<Hub, 'target' | 'located'>, environment: NodeJS.ProcessEnv): string {
  const {target, located} = hub
  const which =
    target.project === null ? ['urls', withoutUser(located.redisUrl ?? '')] : ['compose', target.project]
  const digest = createHash('sha256').update(JSON.stringify(which)).digest('hex').slice(0, 8)
  const name = hubName(hub)
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 40)
  return path.join(stateDirectory(environment), `alerts-${name}-${digest}.json`)
}

function withoutUser(url: string): string {
  return url.replace(/(?<=:\/\/)[^/@\s]*@/g, '')
}
