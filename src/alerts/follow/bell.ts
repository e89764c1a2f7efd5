import {setTimeout as pause} from 'node:timers/promises'

/** Lets loops wait for a time, or until something has happened. */
export class Bell {
  #next = new AbortController()

  ring(): void {
    this.#next.abort()
    this.#next = new AbortController()
  }

  /** Ends after so long, at the next ring, or with the signal; never throws. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#next.signal])
    await pause(Math.max(0, milliseconds), undefined, {signal: either}).catch(() => {})
  }
}
