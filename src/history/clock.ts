/** The two clocks of a machine, in seconds: the one that can be set, and the one that only runs. */
export type Clocks = {wall: () => number; steady: () => number}

export const machineClocks: Clocks = {
  wall: () => Date.now() / 1000,
  steady: () => performance.now() / 1000,
}

/** `set` by so many seconds, or stood still with the whole machine (or this process) for so many. */
export type Jump = {kind: 'set' | 'slept'; seconds: number}

/** The clocks may differ so much between two looks before one was set. */
const mostDrift = 5
/** Whoever looks every second and did not for so long was asleep. */
const mostSilence = 7

/**
 * Time that runs evenly from one look to the next, whatever is done to the wall clock meanwhile: a clock that is set takes effect
 * where `look` tells of it, so that nobody measures a span across it.
 */
export class Clock {
  readonly #clocks: Clocks
  /** Epoch seconds at the steady clock's nought. */
  #offset: number
  #looked: number

  constructor(clocks: Clocks = machineClocks) {
    this.#clocks = clocks
    this.#looked = clocks.steady()
    this.#offset = clocks.wall() - this.#looked
  }

  /** Epoch seconds. */
  now(): number {
    return this.#offset + this.#clocks.steady()
  }

  /** To be called every second: follows the wall clock, and tells when that jumped or nobody has looked for long. */
  look(): Jump | null {
    const steady = this.#clocks.steady()
    const offset = this.#clocks.wall() - steady
    const [set, silent] = [offset - this.#offset, steady - this.#looked]
    this.#offset = offset
    this.#looked = steady
    if (Math.abs(set) > mostDrift) return {kind: 'set', seconds: set}
    return silent > mostSilence ? {kind: 'slept', seconds: silent} : null
  }
}
