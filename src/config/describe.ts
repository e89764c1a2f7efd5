import {notifierOf} from '../alerts/notify/registry.ts'
import {namesSecret} from '../snapshot/secrets.ts'
import type {Origin, Settings} from './settings.ts'

/** Settings that the configuration file knows by another name. */
const namesInFile: Partial<Record<keyof Settings, string>> = {
  timeoutSeconds: 'timeout',
  bounds: 'metrics',
  environment: 'stack',
}

/** Effective settings by their names in the configuration file, one row each; durations as typed, secrets masked. */
export function describeSettings(settings: Settings): {key: string; value: unknown; origin: Origin}[] {
  return Object.entries(settings).map(([key, {origin}]) => ({
    key: namesInFile[key as keyof Settings] ?? key,
    value: masked(key, asWritten(key as keyof Settings, settings)),
    origin,
  }))
}

/** As the configuration file has it, where that is not as it is kept. */
function asWritten(key: keyof Settings, settings: Settings): unknown {
  if (key === 'timeoutSeconds') return `${settings.timeoutSeconds.value}s`
  if (key === 'bounds')
    return settings.bounds.value.map(({forSeconds, windowSeconds, ...rest}) => ({
      ...rest,
      ...(forSeconds === undefined ? {} : {for: `${forSeconds}s`}),
      ...(windowSeconds === undefined ? {} : {window: `${windowSeconds}s`}),
    }))
  if (key === 'alerts') {
    const {everySeconds, notify} = settings.alerts.value
    return {
      every: `${everySeconds}s`,
      notify: notify.map(({kind, address}) => ({[kind]: notifierOf(kind).place(address)})),
    }
  }
  if (key !== 'history') return settings[key].value
  const {store, name, mostBytes, windowSeconds, buckets} = settings.history.value
  return {
    store,
    name,
    mostMegabytes: mostBytes / 1024 / 1024,
    window: `${windowSeconds}s`,
    buckets: buckets.map(({seconds, keepSeconds}) => ({every: `${seconds}s`, keep: `${keepSeconds}s`})),
  }
}

/** Where secrets are is none. */
const places = new Set(['secrets'])

/** By name, whatever the value looks like: `Secrets` masks what it has met, this what it has not. */
function masked(key: string, value: unknown): unknown {
  if (typeof value === 'string' && namesSecret(key) && !places.has(key)) return '***'
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(name, inner)]))
}
