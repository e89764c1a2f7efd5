const sgr = /\x1b\[[0-9;]*m/g
/** Text whose every character is one column wide and joins with no other: nearly all that is ever printed. */
const plain =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u257f\u2580-\u259f\u2713\u2717]*$/
/** East Asian wide and full-width blocks, and what is drawn as a picture. */
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{RI}|.\ufe0f)/u
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

let segmenter: Intl.Segmenter | undefined
/** Made when it is first needed: that takes 5 to 20 ms. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', {granularity: 'grapheme'})
  return segmenter.segment(text)
}

/** Columns that a text takes on a terminal; colours take none. */
export function width(text: string): number {
  const bare = text.replace(sgr, '')
  if (plain.test(bare)) return bare.length
  let columns = 0
  for (const {segment} of graphemes(bare)) columns += columnsOf(segment)
  return columns
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - width(text))) + text
}

/** At most `columns` wide; what is cut ends in the ellipsis. Not for coloured text. */
export function truncate(text: string, columns: number, ellipsis: string): string {
  if (width(text) <= columns) return text
  const room = Math.max(0, columns - width(ellipsis))
  return `${headOf(text, room).trimEnd()}${ellipsis}`
}

/** At most `columns` wide, for names, whose end tells as much as their beginning. Not for coloured text. */
export function shorten(text: string, columns: number, ellipsis: string): string {
  if (width(text) <= columns) return text
  const room = Math.max(0, columns - width(ellipsis))
  const head = headOf(text, Math.floor(room / 3))
  return head + ellipsis + tailOf(text, room - width(head))
}

/** Lines of at most `columns`, broken between words; a longer word is broken where it must be. Not for coloured text. */
export function wrap(text: string, columns: number): string[] {
  const room = Math.max(1, columns)
  const lines: string[] = []
  let line = ''
  for (let word of text.split(' ')) {
    if (line !== '' && width(line) + 1 + width(word) <= room) {
      line += ` ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    while (width(word) > room) {
      // One character at least, however narrow the terminal is.
      const head = headOf(word, room) || [...word].slice(0, 1).join('')
      lines.push(head)
      word = word.slice(head.length)
    }
    line = word
  }
  return [...lines, line]
}

/** Items on as few lines as they need, broken between items where that can be. Not for coloured text. */
export function wrapItems(items: readonly string[], separator: string, columns: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    const longer = last === undefined ? item : last + separator + item
    if (last !== undefined && width(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(...wrap(item, columns))
  }
  return lines
}

function headOf(text: string, columns: number): string {
  if (plain.test(text)) return text.slice(0, columns)
  let head = ''
  let used = 0
  for (const {segment} of graphemes(text)) {
    used += columnsOf(segment)
    if (used > columns) break
    head += segment
  }
  return head
}

function tailOf(text: string, columns: number): string {
  if (plain.test(text)) return text.slice(Math.max(0, text.length - columns))
  let start = text.length
  let used = 0
  for (const {segment, index} of [...graphemes(text)].reverse()) {
    used += columnsOf(segment)
    if (used > columns) break
    start = index
  }
  return text.slice(start)
}

function columnsOf(grapheme: string): number {
  if (zeroWidth.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}
