/** What is known of a task that has not ended. */
export type Flying = {
  name: string | null
  queue: string | null
  /** Epoch seconds by the sender's clock, where that can be right; `null` when `task-sent` was not seen. */
  sentAt: number | null
  node: string | null
  /** Epoch seconds by the node's clock, likewise; `null` until it is begun. */
  startedAt: number | null
}

/** A sender's word comes within moments of the task's end, or long before it. */
const mostOver = 1000

/**
 * Tasks by id, bounded: two generations, the older of which is dropped when the younger is full. A Map that drops its oldest
 * entry by entry gets slower the more it has dropped; this one does not.
 */
export class InFlight {
  readonly #most: number
  #young = new Map<string, Flying>()
  #old = new Map<string, Flying>()
  #overYoung = new Set<string>()
  #overOld = new Set<string>()

  constructor(most: number) {
    this.#most = Math.max(2, most)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(id: string): Flying | undefined {
    return this.#young.get(id) ?? this.#old.get(id)
  }

  /** Gives what had to be dropped for it: begun and never heard of again, or too many at once. */
  set(id: string, task: Flying): Iterable<Flying> {
    this.#old.delete(id)
    this.#young.set(id, task)
    return this.#young.size * 2 > this.#most ? this.age() : []
  }

  /** A task that was over before its sender's word came is remembered for a while, so that this does not begin it again. */
  end(id: string): void {
    if (this.get(id)?.sentAt === null) {
      this.#overYoung.add(id)
      if (this.#overYoung.size > mostOver) [this.#overOld, this.#overYoung] = [this.#overYoung, new Set()]
    }
    if (!this.#young.delete(id)) this.#old.delete(id)
  }

  isOver(id: string): boolean {
    return this.#overYoung.has(id) || this.#overOld.has(id)
  }

  /** Takes out what is so, and gives it. */
  take(is: (task: Flying, id: string) => boolean): Flying[] {
    const taken: Flying[] = []
    for (const generation of [this.#young, this.#old])
      for (const [id, task] of generation)
        if (is(task, id)) {
          generation.delete(id)
          taken.push(task)
        }
    return taken
  }

  ids(is: (task: Flying) => boolean): Set<string> {
    return new Set([...this.#old, ...this.#young].flatMap(([id, task]) => (is(task) ? [id] : [])))
  }

  /** Makes the young ones old and gives the old ones that were still here. */
  age(): Iterable<Flying> {
    const dropped = this.#old
    this.#old = this.#young
    this.#young = new Map()
    return dropped.values()
  }
}
