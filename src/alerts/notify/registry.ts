import {createHash} from 'node:crypto'
import {alertmanager} from './alertmanager.ts'
import {exec} from './exec.ts'
import type {NotifierKind, Receiver} from './notifier.ts'
import {webhook} from './webhook.ts'

/** Every way to tell somebody, in the order of the help. */
export const notifiers: readonly NotifierKind[] = [exec, webhook, alertmanager]

export function notifierOf(kind: string): NotifierKind {
  const found = notifiers.find(candidate => candidate.kind === kind)
  if (found === undefined) throw new Error(`no notifier ${kind}`)
  return found
}

/** One that was configured; its id tells apart two of a kind and holds nothing of the address. */
export function receiverOf(kind: string, address: string): Receiver {
  const digest = createHash('sha256').update(address).digest('hex').slice(0, 8)
  return {id: `${kind}-${digest}`, kind: notifierOf(kind), address}
}

/** `webhook https://hooks.example.com/…`. */
export function receiverName({kind, address}: Pick<Receiver, 'kind' | 'address'>): string {
  return `${kind.kind} ${kind.place(address)}`
}
