/** Of the patience: replies that still come are waited for this long after the last one. */
const lull = 0.25
/** Times the patience: not even a steady stream of replies is waited for longer. */
const atMost = 2

/** Waiting for replies: a silent node is waited for no longer than it was said, a thousand that are answering are. */
export type Patience = {
  /** Aborts when it is over. */
  signal: AbortSignal
  /** A reply has come. */
  renew: () => void
  /** Must be called, else the process stays for it. */
  end: () => void
}

export function patienceOf(seconds: number): Patience {
  const over = new AbortController()
  const began = performance.now()
  const last = began + seconds * atMost * 1000
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
      until = Math.min(last, Math.max(until, performance.now() + seconds * lull * 1000))
    },
    end: () => clearTimeout(timer),
  }
}
