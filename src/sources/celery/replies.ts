import type {Json} from '../loose-json.ts'
import type {Method, Reply} from './envelope.ts'

/** Replies to one round of requests, by method and node, in the order they came. */
export class Replies {
  readonly #methods: ReadonlyMap<string, Method>
  readonly #byMethod = new Map<Method, Map<string, Json[]>>()
  readonly #counts = new Map<Method, number>()
  #unreadable = 0

  constructor(methods: ReadonlyMap<string, Method>) {
    this.#methods = methods
  }

  /** Takes a reply in; false when it answers no ticket of this round. */
  add(reply: Reply): boolean {
    const method = this.#methods.get(reply.ticket)
    if (method === undefined) return false
    this.#counts.set(method, (this.#counts.get(method) ?? 0) + 1)
    if ('unreadable' in reply) {
      if (method === 'ping') this.#unreadable += 1
      return true
    }
    let byNode = this.#byMethod.get(method)
    if (byNode === undefined) {
      byNode = new Map()
      this.#byMethod.set(method, byNode)
    }
    byNode.set(reply.node, [...(byNode.get(reply.node) ?? []), reply.value])
    return true
  }

  /** Whether so many nodes have answered every request. */
  isComplete(nodes: number): boolean {
    return [...this.#methods.values()].every(method => (this.#counts.get(method) ?? 0) >= nodes)
  }

  /** Nodes that answered in a way that we do not read (pickle). */
  get unreadable(): number {
    return this.#unreadable
  }

  /** Every name that answered anything. */
  get names(): string[] {
    const names = new Set<string>()
    for (const byNode of this.#byMethod.values()) for (const name of byNode.keys()) names.add(name)
    return [...names].sort()
  }

  /** How many nodes answered under this name. */
  count(name: string): number {
    return Math.max(0, ...[...this.#byMethod.values()].map(byNode => byNode.get(name)?.length ?? 0))
  }

  /** The n-th answer under this name; `null` when there is none. */
  answer(method: Method, name: string, nth: number): Json {
    return this.#byMethod.get(method)?.get(name)?.[nth] ?? null
  }
}
