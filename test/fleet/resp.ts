import {connect, type Socket} from 'node:net'

export type RespValue = string | number | null | Error | RespValue[]

/** A command as Redis reads it. */
export function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

/** Takes Redis's answers apart, however they were cut. */
export class RespReader {
  #rest: Buffer = Buffer.alloc(0)
  #at = 0

  push(chunk: Buffer): RespValue[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#at = 0
    const values: RespValue[] = []
    for (let start = 0; ; start = this.#at) {
      const value = this.#value()
      if (value === undefined) {
        this.#rest = this.#rest.subarray(start)
        return values
      }
      values.push(value)
    }
  }

  /** `undefined` when it is not there whole. */
  #value(): RespValue | undefined {
    const end = this.#rest.indexOf('\r\n', this.#at)
    if (end === -1) return undefined
    const kind = this.#rest[this.#at]
    const line = this.#rest.toString('latin1', this.#at + 1, end)
    this.#at = end + 2
    if (kind === 43) return line
    if (kind === 45) return new Error(line)
    const size = Number(line)
    if (kind === 58) return size
    if (size < 0) return null
    if (kind === 36) {
      if (this.#rest.length < this.#at + size + 2) return undefined
      const text = this.#rest.toString('utf8', this.#at, this.#at + size)
      this.#at += size + 2
      return text
    }
    const list: RespValue[] = []
    for (let index = 0; index < size; index += 1) {
      const value = this.#value()
      if (value === undefined) return undefined
      list.push(value)
    }
    return list
  }
}

/** A connection that asks and waits; what is asked at once is sent at once. */
export class RespClient {
  readonly #socket: Socket
  readonly #waiting: ((value: RespValue) => void)[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    const reader = new RespReader()
    socket.on('data', chunk => {
      for (const value of reader.push(chunk)) this.#waiting.shift()?.(value)
    })
  }

  static async open(place: Place): Promise<RespClient> {
    return new RespClient(await open(place))
  }

  async ask(...words: string[]): Promise<RespValue> {
    return (await this.askAll([words]))[0] ?? null
  }

  /** Throws the first refusal. */
  async askAll(commands: readonly string[][]): Promise<RespValue[]> {
    const answers = commands.map(
      () =>
        new Promise<RespValue>(resolve => {
          this.#waiting.push(resolve)
        }),
    )
    this.#socket.write(commands.map(words => command(...words)).join(''))
    const values = await Promise.all(answers)
    const refusal = values.find(value => value instanceof Error)
    if (refusal !== undefined) throw refusal
    return values
  }
}

export type Place = {host: string; port: number}

export async function open(place: Place): Promise<Socket> {
  const socket = connect(place)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.setNoDelay()
  return socket
}
