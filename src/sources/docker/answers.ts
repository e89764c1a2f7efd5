import type {IncomingMessage} from 'node:http'
import {addAbortSignal} from 'node:stream'
import type Docker from 'dockerode'
import {SourceError} from '../../snapshot/source-error.ts'

/** More than an engine tells of thousands of containers at once. */
const mostBytes = 16 * 1024 * 1024
/** Of why it will not answer. */
const mostErrorBytes = 64 * 1024

type Dialled = {
  isStream?: boolean
  openStdin?: boolean
  hijack?: boolean
  /** `true` is an answer, words are a refusal. */
  statusCodes: Record<number, true | string | undefined>
  abortSignal?: AbortSignal | undefined
}
type Done = (error: unknown, answer?: unknown) => void

const anyStatus = new Proxy({}, {get: () => true})

/**
 * dockerode keeps whole whatever is sent, takes for an answer what is no JSON, and waits for ever for the rest of what broke off.
 * So it is told that every answer is a stream, and what is none is gathered here.
 */
export function boundAnswers({modem}: Docker, address: string): void {
  const dial = modem.dial.bind(modem) as (options: object, done: Done) => void
  const bounded = (options: Dialled, done: Done) => {
    if (options.hijack === true || options.openStdin === true) return dial(options, done)
    dial({...options, isStream: true, statusCodes: anyStatus}, (error, response) => {
      if (error != null) return done(error)
      answerOf(response as IncomingMessage, options, address).then(
        answer => done(null, answer),
        reason => done(reason),
      )
    })
  }
  modem.dial = bounded as typeof modem.dial
}

async function answerOf(
  response: IncomingMessage,
  {statusCodes, isStream, abortSignal}: Dialled,
  address: string,
): Promise<unknown> {
  if (abortSignal !== undefined) addAbortSignal(abortSignal, response)
  const status = response.statusCode ?? 0
  if (statusCodes[status] !== true) {
    const said = await gather(response, mostErrorBytes)
    throw Object.assign(new Error(reasonIn(said.text) ?? String(statusCodes[status] ?? 'unexpected')), {
      statusCode: status,
    })
  }
  if (isStream === true) return response
  const {text, whole} = await gather(response, mostBytes)
  if (!whole) throw notDocker(address, `it sent more than ${mostBytes / 1024 / 1024} MB`)
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    throw notDocker(address, 'what it sends is no JSON')
  }
}

export function notDocker(address: string, why: string): SourceError {
  return new SourceError('not-docker', `what answers at ${address} is no Docker engine: ${why}`)
}

async function gather(response: IncomingMessage, most: number): Promise<{text: string; whole: boolean}> {
  const chunks: Buffer[] = []
  let left = most
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, left))
    left -= chunk.length
    // Leaving the loop destroys the response: nobody goes on sending.
    if (left < 0) break
  }
  return {text: Buffer.concat(chunks).toString(), whole: left >= 0}
}

/** The engine's own words, in the shape that it gives them. */
function reasonIn(text: string): string | null {
  try {
    const {message} = JSON.parse(text)
    return typeof message === 'string' ? message : text
  } catch {
    return text.trim() === '' ? null : text.slice(0, 300).trim()
  }
}
