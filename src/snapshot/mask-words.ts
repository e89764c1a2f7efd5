import {namesSecret} from './secrets.ts'

/** `password=x`, `'api_key': 'x'`, `token: x`. */
const pair =
  /(["']?)([A-Za-z][\w-]{0,60})\1(\s{0,3}[:=]\s{0,3})("(?:[^"\\]|\\.){0,500}"|'(?:[^'\\]|\\.){0,500}'|[^\s,;&)}\]]+)/g
/** What stands in an `Authorization` header. */
const credentials = /\b(bearer|basic)(\s{1,3})[\w.~+/=-]{6,}/gi

/**
 * What is named like a secret in running words (an exception, a line of a log), with its value masked. A secret that does not say
 * that it is one cannot be known.
 */
export function maskWords(text: string): string {
  return text
    .replace(credentials, (_all, scheme: string, between: string) => `${scheme}${between}***`)
    .replace(pair, (all, quote: string, name: string, between: string) =>
      namesSecret(name) ? `${quote}${name}${quote}${between}***` : all,
    )
}
