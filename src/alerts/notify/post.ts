/** `https://hooks.example.com/…`. */
export function placeOf(address: string): string {
  const {origin, pathname, search} = new URL(address)
  return pathname === '/' && search === '' ? origin : `${origin}/…`
}

export function faultOf(address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return 'wants an address such as https://host/path'
  return null
}

/** Posts JSON; throws an `Error` that names no more than the host for any answer but one from 200 to 299. */
export async function postJson(address: URL, body: unknown, within: AbortSignal): Promise<void> {
  const {username, password, host} = address
  const url = new URL(address)
  url.username = ''
  url.password = ''
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const response = await fetch(url, {
    method: 'POST',
    // Where it leads is not where the operator sent it.
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      ...(pair === ':' ? {} : {authorization: `Basic ${Buffer.from(pair).toString('base64')}`}),
    },
    body: JSON.stringify(body),
    signal: within,
  }).catch((error: unknown) => {
    throw new Error(within.aborted ? `${host} did not answer in time` : reasonOf(error, host))
  })
  const reason = response.ok ? '' : await firstWords(response)
  await response.body?.cancel().catch(() => {})
  if (!response.ok)
    throw new Error(`${host} answered ${response.status}${reason === '' ? '' : `: ${reason}`}`)
}

/** What a receiver says against it, as far as that is short. */
async function firstWords(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const {value} = (await reader?.read().catch(() => undefined)) ?? {}
  await reader?.cancel().catch(() => {})
  return Buffer.from(value ?? [])
    .toString('utf8')
    .slice(0, 200)
    .trim()
}

function reasonOf(error: unknown, host: string): string {
  const cause = (error as {cause?: {code?: unknown; errors?: {code?: unknown}[]}}).cause
  const code = String(cause?.code ?? cause?.errors?.[0]?.code ?? 'unknown')
  if (code === 'ECONNREFUSED') return `nothing listens at ${host}`
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'].includes(code)) return `the name in ${host} cannot be resolved`
  if (['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(code))
    return `${host} closed the connection without a word`
  return `${host} cannot be reached (${code.toLowerCase()})`
}
