/**
 * What a terminal acts on or hides: C0 and C1 controls, DEL, invisible and direction-changing characters,
 * line and paragraph separators, half a surrogate pair, what Unicode says is no character.
 */
const unshowable =
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]|[\u{e0000}-\u{e0fff}]/gu

const short: Record<string, string> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'}

/** Text that came from the hub, made safe to print on one line: `\x1b`, `\n`, `\u202e` stand for what they name. */
export function clean(text: string): string {
  return text.replace(unshowable, escapeOf)
}

/** Whether `clean` would leave the text as it is. */
export function isClean(text: string): boolean {
  return clean(text) === text
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (short[character] !== undefined) return short[character]
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\u{${code.toString(16)}}`
}
