import {namesSecret} from '../snapshot/secrets.ts'
import type {Origin, Settings} from './settings.ts'

/** Effective settings, one row each, in the order of the type; secrets masked. */
export function describeSettings(settings: Settings): {key: string; value: unknown; origin: Origin}[] {
  return Object.entries(settings).map(([key, {value, origin}]) => ({key, value: masked(key, value), origin}))
}

/** By name, whatever the value looks like: `Secrets` masks what it has met, this what it has not. */
function masked(key: string, value: unknown): unknown {
  if (typeof value === 'string' && namesSecret(key)) return '***'
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(name, inner)]))
}
