import {distance} from 'fastest-levenshtein'

/** What a misspelt word, or a part of a name (`worker`), may have meant; `null` when nothing is near. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const [whole, ...others] = candidates.filter(candidate => isPartOf(word, candidate))
  if (whole !== undefined && others.length === 0) return whole
  let best: string | null = null
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const steps = distance(word.toLowerCase(), candidate.toLowerCase())
    if (steps < least) [best, least] = [candidate, steps]
  }
  return best
}

/** Shorter ones stand in too many names. */
const leastPart = 4

function isPartOf(word: string, candidate: string): boolean {
  return word.length >= leastPart && candidate.toLowerCase().includes(word.toLowerCase())
}
