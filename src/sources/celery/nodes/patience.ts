/**
 * Waiting for replies: silence is waited through for so long, but while replies come nobody is called silent, on a machine
 * that is slow to take a thousand nodes in neither.
 */
export type Patience = {
  /** Aborts when it is over. */
  signal: AbortSignal
  /** A reply has come. */
  renew: () => void
  /** Must be called, else the process stays for it. */
  end: () => void
}

/** `mostSeconds`: not even a steady stream of replies is waited for longer. */
export function patienceOf(seconds: number, mostSeconds: number): Patience {
  const over = new AbortController()
  const began = performance.now()
  const last = began + mostSeconds * 1000
  let until = began + seconds * 1000
  const look = () => {
    const left = until - performance.now()
    if (left <= 0) over.abort()
    else timer = setTimeout(look, Math.ceil(left))
  }
  let timer = setTimeout(look, Math.ceil(seconds * 1000))
  return {
    signal: over.signal,
    renew() {
      until = Math.min(last, performance.now() + seconds * 1000)
    },
    end: () => clearTimeout(timer),
  }
}
