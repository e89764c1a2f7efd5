/** What Redis sends on a connection that subscribes: arrays of a few strings. */
export type Push = {
  /** `message`, `pmessage`, `psubscribe`, `pong`, … */
  kind: string
  /** The last string; belongs to the chunk that it came in: to be used at once, and not kept. */
  payload: Buffer
}

const [dollar, asterisk, minus, colon, carriage] = [0x24, 0x2a, 0x2d, 0x3a, 0x0d]
/** No event is as long; what claims to be is no Redis. */
const longestString = 64 * 1024 * 1024

/**
 * Cuts what comes over the socket into pushes: RESP2, and of that only what a subscriber gets. A general client makes strings of all
 * parts and costs more than everything that is done with an event here. Throws for what is not RESP, and for an error reply.
 */
export class Pushes {
  #rest: Buffer | null = null
  #position = 0

  /** Calls back for each push that is whole. */
  feed(chunk: Buffer, push: (push: Push) => void): void {
    const data = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = null
    let start = 0
    while (start < data.length) {
      this.#position = start
      const found = this.#next(data)
      if (found === null) break
      push(found)
      start = this.#position
    }
    if (start < data.length) {
      const rest = data.subarray(start)
      if (rest.length > 2 * longestString) throw new Error('a message without an end')
      this.#rest = rest
    }
  }

  /** `null` while it is not whole; then nothing is taken. */
  #next(data: Buffer): Push | null {
    const first = data[this.#position]
    if (first === minus) {
      const end = data.indexOf(carriage, this.#position)
      if (end === -1) return null
      throw new Error(data.toString('latin1', this.#position + 1, Math.min(end, this.#position + 300)))
    }
    if (first !== asterisk) throw new Error('an answer that is none of Redis')
    const parts = this.#number(data)
    if (parts === null) return null
    if (parts < 1 || parts > 8) throw new Error('an answer that no subscriber gets')
    let kind = ''
    let payload: Buffer | null = null
    for (let nth = 0; nth < parts; nth += 1) {
      if (this.#position >= data.length) return null
      const mark = data[this.#position]
      const length = this.#number(data)
      if (length === null) return null
      if (mark === colon || length === -1) continue
      if (mark !== dollar || length < 0 || length > longestString)
        throw new Error('an answer that is none of Redis')
      const end = this.#position + length
      if (end + 2 > data.length) return null
      if (nth === 0) kind = data.toString('latin1', this.#position, end)
      else if (nth === parts - 1) payload = data.subarray(this.#position, end)
      this.#position = end + 2
    }
    return {kind, payload: payload ?? Buffer.alloc(0)}
  }

  /** The number after a mark, to the end of its line. */
  #number(data: Buffer): number | null {
    let at = this.#position + 1
    let value = 0
    let sign = 1
    for (; at < data.length; at += 1) {
      const byte = data[at] as number
      if (byte === carriage) {
        if (at + 1 >= data.length) return null
        this.#position = at + 2
        return sign * value
      }
      if (byte === minus) sign = -1
      else if (byte >= 0x30 && byte <= 0x39 && value < longestString * 10) value = value * 10 + byte - 0x30
      else throw new Error('a length that is no number')
    }
    return null
  }
}
