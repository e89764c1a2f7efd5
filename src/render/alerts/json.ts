import type {AlertsNow} from '../../alerts/now.ts'

/** What `alerts --json` has as `data`. Text is from the hub as it is: JSON escapes it by itself. */
export function alertsJson(found: AlertsNow) {
  const {verdict, takenAt, target, follower, alerts, rows, unjudged, windows, unread} = found
  return {
    ...{verdict, takenAt, target: {...target}, follower, windows},
    alerts: alerts.map(alert => ({...alert})),
    rows,
    unjudged: unjudged.map(({row: {id, metric, severity, labels}, why}) => ({
      id,
      metric,
      severity,
      labels,
      why,
    })),
    unread: unread.map(({source, partial, code, message, because}) => ({
      ...{source, partial, code, message, because: because ?? null},
    })),
  }
}
