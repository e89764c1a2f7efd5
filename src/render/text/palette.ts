/** Colours by meaning. Nothing else in the program writes an SGR code. */
export type Palette = {
  good: Paint
  warn: Paint
  bad: Paint
  odd: Paint
  info: Paint
  /** What the reader types. */
  command: Paint
  strong: Paint
  /** What is there for those who look for it. */
  faint: Paint
}
type Paint = (text: string) => string

// Written out, because ansis decides once and for all at import from the environment, and a renderer
// answers to its View alone. The sixteen basic colours follow the reader's own light or dark theme.
const sgr =
  (open: number, close: number): Paint =>
  text =>
    text === '' ? '' : `\x1b[${open}m${text}\x1b[${close}m`
const plain: Paint = text => text

const coloured: Palette = {
  good: sgr(32, 39),
  warn: sgr(33, 39),
  bad: sgr(31, 39),
  odd: sgr(35, 39),
  info: sgr(36, 39),
  command: sgr(1, 22),
  strong: sgr(1, 22),
  faint: sgr(2, 22),
}
const colourless: Palette = {
  good: plain,
  warn: plain,
  bad: plain,
  odd: plain,
  info: plain,
  command: plain,
  strong: plain,
  faint: plain,
}

export function paletteFor(view: {color: boolean}): Palette {
  return view.color ? coloured : colourless
}
