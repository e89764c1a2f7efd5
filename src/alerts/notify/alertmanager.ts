import {type Notification, runbookOf} from '../notification.ts'
import type {NotifierKind} from './notifier.ts'
import {faultOf, placeOf, postJson} from './post.ts'

const remindSeconds = 60
/** Without another word an alert is over for Alertmanager after this: as Prometheus does it, four reminders. */
const endSeconds = 4 * remindSeconds

/** Alertmanager's v2 API: it routes, groups and silences. It is told again what fires, as Prometheus does. */
export const alertmanager: NotifierKind = {
  kind: 'alertmanager',
  takes: '<url>',
  summary: "tell Prometheus's Alertmanager there what fires, and when it resolves",
  about:
    'Its v2 API (`POST /api/v2/alerts`): what fires, again every minute, and when it resolved. Several that are clustered are named each.',
  example: 'http://127.0.0.1:9093',
  fault: faultOf,
  place: placeOf,
  deliver: (address, notification, within) => post(address, [notification], within),
  remind: {everySeconds: remindSeconds, deliver: post},
}

async function post(
  address: string,
  notifications: readonly Notification[],
  within: AbortSignal,
): Promise<void> {
  const url = new URL(address)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/alerts`
  await postJson(
    url,
    notifications.map(one => asPosted(one, Date.now())),
    within,
  )
}

/** As `postableAlert` has it. */
export function asPosted({hub, alert, at, event}: Notification, now: number) {
  const {name, severity, metric, labels, summary, description, docs, check, firedAt, resolvedAt} = alert
  const ends = event === 'test' ? now + remindSeconds * 1000 : now + endSeconds * 1000
  return {
    labels: {alertname: name, severity, hub, metric, ...labels},
    annotations: {
      ...{summary, description, runbook: runbookOf(alert), docs},
      ...(check === null ? {} : {explain: `hub-mon explain ${check}`}),
    },
    startsAt: firedAt ?? at,
    endsAt: resolvedAt ?? new Date(ends).toISOString(),
  }
}
