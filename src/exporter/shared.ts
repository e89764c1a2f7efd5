/** One look for all who ask while it is under way, and for those who ask within `seconds` after it. What failed is tried again. */
export function shared<T>(
  seconds: number,
  look: () => Promise<T>,
  now: () => number = () => performance.now() / 1000,
): () => Promise<T> {
  let underWay: Promise<T> | null = null
  let last: {value: T; at: number} | null = null
  return async () => {
    if (underWay !== null) return await underWay
    if (last !== null && now() - last.at < seconds) return last.value
    underWay = look()
    try {
      const value = await underWay
      last = {value, at: now()}
      return value
    } finally {
      underWay = null
    }
  }
}
