import {asText, at, type Json} from '../sources/loose-json.ts'

/** What a node said to an order: `{ok: …}` or `{error: …}`. */
export function orderOutcome(value: Json): {ok: boolean; words: string} {
  const error = asText(at(value, 'error'))
  if (error !== null) return {ok: false, words: pythonMessage(error)}
  return {ok: true, words: asText(at(value, 'ok')) ?? ''}
}

/** `ValueError("Can't shrink pool. All processes busy!")` → what is in the quotes. */
function pythonMessage(text: string): string {
  return /^\w+\((["'])(.*)\1,?\)$/s.exec(text)?.[2] ?? text
}
