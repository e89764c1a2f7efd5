import type {CeleryFacts} from '../../snapshot/celery.ts'

/** Between the parts of a binding, and between a queue's name and its priority step. */
export const separator = '\x06\x16'
export const prioritySteps: readonly number[] = [0, 3, 6, 9]

const bindingKey = '_kombu.binding.'

/** What kombu's Redis transport calls things in one database. */
export type CeleryNames = {
  database: number
  /** Transport option `global_keyprefix`; usually empty. */
  prefix: string
  /** `control_exchange`; usually `celery`. */
  control: string
  /** In front of an exchange in the name of a channel (`fanout_prefix`): `/0.`, or nothing. */
  channelPrefix: string
  /** Transport option `sep`. */
  separator: string
}

/** Finds prefix and control exchange in the keys of the bindings; Celery's own defaults win. */
export function namesFrom(keys: readonly string[], database: number): CeleryNames {
  const prefix = choose(
    keys.map(key => key.slice(0, Math.max(key.indexOf(bindingKey), 0))),
    '',
  )
  const control = choose(
    exchangesIn(keys, prefix)
      .filter(name => isMailbox(name) && !name.startsWith('reply.'))
      .map(name => name.slice(0, -'.pidbox'.length)),
    'celery',
  )
  return {database, prefix, control, channelPrefix: `/${database}.`, separator}
}

/** The names as a look has found them. */
export function namesIn({names, database}: CeleryFacts): CeleryNames {
  const {keyPrefix, controlExchange, channelPrefix, separator} = names
  return {database, prefix: keyPrefix, control: controlExchange, channelPrefix, separator}
}

/** No separator that anybody chose is longer; bounds the search for it. */
const longestSeparator = 16

/**
 * What these bindings are written with, as no key tells it; `null` when it does not show. A binding is routing key,
 * pattern and queue. A node's mailbox has neither key nor pattern, so that it begins with the separator twice.
 */
export function separatorIn(mailbox: readonly string[]): string | null {
  if (mailbox.some(binding => binding.startsWith(separator + separator))) return separator
  for (const binding of mailbox)
    for (let length = longestSeparator; length > 0; length -= 1) {
      const candidate = binding.slice(0, length)
      if (binding.length > 2 * length && binding.startsWith(candidate, length)) return candidate
    }
  return null
}

/** Exchanges that have bindings under this prefix. */
export function exchangesIn(keys: readonly string[], prefix: string): string[] {
  return keys
    .filter(key => key.startsWith(prefix + bindingKey))
    .map(key => key.slice(prefix.length + bindingKey.length))
}

export function isMailbox(exchange: string): boolean {
  return exchange.endsWith('.pidbox')
}

/** Exchange that events are sent to; its queues are those of listeners, not of tasks. */
const events = 'celeryev'

export function isEvents(exchange: string): boolean {
  return exchange === events || exchange.startsWith(`${events}.`)
}

export const bindingsOf = (names: CeleryNames, exchange: string) => `${names.prefix}${bindingKey}${exchange}`
export const mailboxOf = (names: CeleryNames) => `${names.control}.pidbox`
export const replyExchangeOf = (names: CeleryNames) => `reply.${names.control}.pidbox`
export const requestChannelOf = (names: CeleryNames) =>
  `${names.prefix}${names.channelPrefix}${mailboxOf(names)}`
/** Of events of a kind: `worker.heartbeat`. */
export const eventChannelOf = (names: CeleryNames, kind: string) =>
  `${names.prefix}${names.channelPrefix}${events}/${kind}`
/** Nobody subscribes to it by name: who gets it, gets everything. */
export const strangeChannelOf = (names: CeleryNames, random: string) =>
  `${names.prefix}${names.channelPrefix}${names.control}.${random}.pidbox`
export const replyListOf = (names: CeleryNames, oid: string) =>
  `${names.prefix}${oid}.${replyExchangeOf(names)}`
export const replyBindingOf = (names: CeleryNames, oid: string) =>
  [oid, '', `${oid}.${replyExchangeOf(names)}`].join(names.separator)

/** The queue of a binding: `routing key SEP pattern SEP queue`; `null` for anything else. */
export function queueOf(binding: string, sep = separator): string | null {
  const parts = binding.split(sep)
  return parts.length === 3 && parts[2] !== undefined && parts[2] !== '' ? parts[2] : null
}

/** The node of a binding of the request mailbox. */
export function nodeOf(binding: string, names: CeleryNames): string | null {
  const queue = queueOf(binding, names.separator)
  const ending = `.${mailboxOf(names)}`
  return queue?.endsWith(ending) === true ? queue.slice(0, -ending.length) : null
}

/** Lists that a queue's messages lie in, by priority step. */
export function listsOf(
  names: CeleryNames,
  queue: string,
  steps: readonly number[] = prioritySteps,
): [step: number, key: string][] {
  return steps.map(step => [step, `${names.prefix}${queue}${step === 0 ? '' : `${names.separator}${step}`}`])
}

const ownName = 'hub-mon'
const leftoverSeconds = 3600

/** Name of our reply list: who made it and when, so that a later run can take it away. */
export function ownOid(pid: number, now: number, random: string): string {
  return `${ownName}-${pid}-${now}-${random}`
}

/** Whether a binding is what a killed run of ours has left; gives its oid. */
export function leftoverOid(binding: string, now: number, sep = separator): string | null {
  const oid = binding.split(sep)[0] ?? ''
  const made = /^hub-mon-\d+-(\d{10,16})-[0-9a-f]+$/.exec(oid)?.[1]
  return made !== undefined && now - Number(made) > leftoverSeconds * 1000 ? oid : null
}

/** The default where it is among them or where there is none; the only one; else the default. */
function choose(found: readonly string[], usual: string): string {
  const all = new Set(found)
  const [only] = all
  return all.size === 1 && only !== undefined ? only : usual
}
