import {namesSecret, type Secrets} from './secrets.ts'

/** The beginning of `password=x`, `"token": "x"`, `API_KEY: x`, and what may stand behind it. Begins at a word alone: a line may be long. */
const name = /(?<![\w.-])([A-Za-z][\w.-]{0,200})["']?\s{0,9}[:=]\s{0,9}/g
const value = /"[^"]*"|'[^']*'|[^\s"',;&{}()[\]]+/y
const authorization = /\b(Basic|Bearer)(\s+)[\w.~+/=-]{6,}/g
/** What Celery writes of a task's result, and, at level DEBUG or in a format of one's own, of its arguments. */
const result = /(\bsucceeded in [\d.e-]+s: ).*/s
const taskArguments = /(["']?\b(?:kw)?args(?:repr)?["']?\s*[:=]\s*).*/s

/** A line of a service's log as it may leave the house: without secrets, arguments and results of tasks, as far as one can tell. */
export function maskLogLine(line: string, secrets: Pick<Secrets, 'mask'>): string {
  const known = secrets.mask(line)
  return maskPairs(
    known.replace(result, '$1***').replace(taskArguments, '$1***').replace(authorization, '$1$2***'),
  )
}

/** By hand, because what one name introduces may begin with another: `login: password=x`. */
function maskPairs(line: string): string {
  let [masked, at] = ['', 0]
  for (const {0: before, 1: named = '', index} of line.matchAll(name)) {
    value.lastIndex = index + before.length
    if (index < at || !namesSecret(named) || !value.test(line)) continue
    masked += `${line.slice(at, index + before.length)}***`
    at = value.lastIndex
  }
  return masked + line.slice(at)
}
