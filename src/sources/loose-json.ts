/** JSON that somebody else wrote: nothing about its shape is certain. */
export type Json = null | boolean | number | string | Json[] | {[name: string]: Json}

const pythonNumbers = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g

/** Also what Python writes and the standard does not know: bare NaN and Infinity become `null`. Throws `SyntaxError`. */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error
    return JSON.parse(text.replace(pythonNumbers, hit => (hit.startsWith('"') ? hit : 'null')))
  }
}

/** The value under a name, own ones alone; `null` when there is none or this is no object. */
export function at(value: Json, ...path: string[]): Json {
  let here = value
  for (const name of path) {
    if (here === null || typeof here !== 'object' || Array.isArray(here)) return null
    here = Object.hasOwn(here, name) ? (here[name] ?? null) : null
  }
  return here
}

export function asText(value: Json): string | null {
  return typeof value === 'string' ? value : null
}

/** No name or id of Celery's is longer; who wrote it may have thought otherwise, to keep us busy. */
const longestName = 255

/** A name, an id, an address: text that is looked through, compared and printed. What is longer is cut. */
export function asName(value: Json, longest = longestName): string | null {
  return asText(value)?.slice(0, longest) ?? null
}

export function asNumber(value: Json): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function asBoolean(value: Json): boolean | null {
  return typeof value === 'boolean' ? value : null
}

export function asList(value: Json): Json[] | null {
  return Array.isArray(value) ? value : null
}

export function asEntries(value: Json): [string, Json][] {
  return value === null || typeof value !== 'object' || Array.isArray(value) ? [] : Object.entries(value)
}
