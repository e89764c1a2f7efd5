const units: Record<string, number> = {ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400}

/** Seconds of `500ms`, `5s`, `2m`, `1.5h`, or of a bare number of seconds; `null` when it is no duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  if (match === null) return null
  return Number(match[1]) * (units[match[2] ?? 's'] ?? 1)
}
