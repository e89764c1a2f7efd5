import {type Answers, digest} from './answers.ts'
import type {Method, Reply} from './envelope.ts'

/** What one node said to one request. */
export type Answer<M extends Method = Method> = {
  value: Answers[M]
  /** From the request to it. */
  seconds: number
  /** The node's logical clock. */
  clock: number
}

/**
 * Replies to one round of requests, by method and node. Of each only what a snapshot needs is kept, so that hundreds of
 * nodes with long configurations cost little and what nobody may see (arguments, settings) is gone at once.
 */
export class Replies {
  readonly #methods: ReadonlyMap<string, Method>
  readonly #byMethod = new Map<Method, Map<string, Answer[]>>()
  readonly #readable = new Map<Method, number>()
  readonly #unreadable = new Map<Method, number>()
  readonly #names = new Set<string>()

  /** `methods` by ticket; more may be put there while the round goes on. */
  constructor(methods: ReadonlyMap<string, Method>) {
    this.#methods = methods
  }

  /** Takes a reply in, so long after the request; false when it answers no ticket of this round. */
  add(reply: Reply, seconds: number): boolean {
    const method = this.#methods.get(reply.ticket)
    if (method === undefined) return false
    const counts = 'unreadable' in reply ? this.#unreadable : this.#readable
    counts.set(method, (counts.get(method) ?? 0) + 1)
    if ('unreadable' in reply) return true
    this.#names.add(reply.node)
    const answer = {value: digest(method, reply.value), seconds, clock: reply.clock}
    let byNode = this.#byMethod.get(method)
    if (byNode === undefined) {
      byNode = new Map()
      this.#byMethod.set(method, byNode)
    }
    const answers = byNode.get(reply.node)
    if (answers === undefined) byNode.set(reply.node, [answer])
    // Two nodes under one name: each keeps its distance to the other's clock, whoever answers first.
    else answers.splice(answers.findLastIndex(({clock}) => clock <= answer.clock) + 1, 0, answer)
    return true
  }

  /** Whether so many nodes have answered every request. */
  isComplete(nodes: number): boolean {
    for (const method of this.#methods.values()) if (this.answered(method) < nodes) return false
    return true
  }

  /** How many nodes answered this, also in a way that is not read. */
  answered(method: Method): number {
    return this.told(method) + (this.#unreadable.get(method) ?? 0)
  }

  /** How many nodes answered this in a way that could be read. */
  told(method: Method): number {
    return this.#readable.get(method) ?? 0
  }

  /** Nodes that answered in a way that we do not read (pickle). */
  get unreadable(): number {
    return Math.max(0, ...this.#unreadable.values())
  }

  /** Every name that answered anything. */
  get names(): string[] {
    return [...this.#names].sort()
  }

  /** How many nodes answered under this name. */
  count(name: string): number {
    let most = 0
    for (const byNode of this.#byMethod.values()) most = Math.max(most, byNode.get(name)?.length ?? 0)
    return most
  }

  /** What the n-th node of this name said to a request; `null` when it did not. */
  answer<M extends Method>(method: M, name: string, nth: number): Answers[M] | null {
    const answer = this.#byMethod.get(method)?.get(name)?.[nth] as Answer<M> | undefined
    return answer?.value ?? null
  }

  /** From the request to the first answer of the n-th node of this name; `null` when there is none. */
  firstAnswerSeconds(name: string, nth: number): number | null {
    let first = Number.POSITIVE_INFINITY
    for (const byNode of this.#byMethod.values())
      first = Math.min(first, byNode.get(name)?.[nth]?.seconds ?? Number.POSITIVE_INFINITY)
    return Number.isFinite(first) ? first : null
  }
}
