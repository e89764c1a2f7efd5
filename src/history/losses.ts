import type {NodeEvent} from './event.ts'

type Balance = {
  pid: number
  /** What the node had counted when it was first heard of, and at its last heartbeat. */
  first: number
  last: number
  seen: number
  told: number
}

/**
 * How many events were lost on the way. A node counts the tasks that it began and tells the number with every heartbeat: what it counts
 * beyond the `started` events that were seen is missing. Events may come a moment after the heartbeat that counts them, so they are
 * waited for until the next one. Exact while the node's process is the same.
 */
export class Losses {
  readonly #nodes = new Map<string, Balance>()

  began(node: string): void {
    const balance = this.#nodes.get(node)
    if (balance !== undefined) balance.seen += 1
  }

  /** How many more are known to be missing than were told before. */
  heard({kind, node, pid, processed}: NodeEvent): number {
    if (processed === null) return 0
    const balance = this.#nodes.get(node)
    if (balance === undefined || balance.pid !== pid || processed < balance.last) {
      this.#nodes.set(node, {pid, first: processed, last: processed, seen: 0, told: 0})
      return 0
    }
    const more = Math.max(0, balance.last - balance.first - balance.seen - balance.told)
    balance.told += more
    balance.last = processed
    if (kind === 'offline') this.#nodes.delete(node)
    return more
  }
}
