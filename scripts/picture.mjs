#!/usr/bin/env node
// Draws what a command printed on a terminal as an SVG picture:
//
//   hub-mon doctor --color | node scripts/picture.mjs 'hub-mon doctor' > docs/pictures/doctor.svg
//
// The words after the script's name are shown as what was typed. The picture needs no other file, has its own dark
// ground, so that it reads well on a light and on a dark page, and its text can be selected.
import {text} from 'node:stream/consumers'

const fontSize = 14
const cellWidth = 8.43
const lineHeight = 19
const margin = 18
const barHeight = 34

const ink = {
  ground: '#1b1f24',
  frame: '#3d444d',
  plain: '#d8dee4',
  31: '#ff7b72',
  32: '#57d364',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
}

/** Runs of text of one look, line by line: `{text, column, color, bold, faint}`. */
function parse(ansi) {
  let look = {color: null, bold: false, faint: false}
  return ansi.split('\n').map(line => {
    const runs = []
    let column = 0
    for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
      const codes = /^\x1b\[([0-9;]*)m$/.exec(part)?.[1]
      if (codes !== undefined) for (const code of codes.split(';')) look = change(look, Number(code))
      // Where columns are apart, each is put at its own place.
      else
        for (const words of part.split(/( {2,})/)) {
          runs.push({text: words, column, ...look})
          column += widthOf(words)
        }
    }
    return {runs, columns: column}
  })
}

function change(look, code) {
  if (code === 0) return {color: null, bold: false, faint: false}
  if (code === 1) return {...look, bold: true}
  if (code === 2) return {...look, faint: true}
  if (code === 22) return {...look, bold: false, faint: false}
  if (code === 39) return {...look, color: null}
  return ink[code] === undefined ? look : {...look, color: ink[code]}
}

function widthOf(words) {
  let columns = 0
  for (const character of words)
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff01-\uff60]|\p{Emoji_Presentation}/u.test(
      character,
    )
      ? 2
      : 1
  return columns
}

function draw(lines, title) {
  const columns = Math.max(40, ...lines.map(line => line.columns))
  const width = round(columns * cellWidth + 2 * margin)
  const height = barHeight + lines.length * lineHeight + margin + 6
  const rows = lines.map(({runs}, row) => {
    const y = barHeight + (row + 1) * lineHeight
    return runs.map(run => drawRun(run, y)).join('')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>text{font:${fontSize}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:${ink.plain};white-space:pre}.b{font-weight:bold}.f{fill:#9198a1}</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9" fill="${ink.ground}" stroke="${ink.frame}"/>
<circle cx="20" cy="17" r="5.5" fill="#ff6058"/><circle cx="38" cy="17" r="5.5" fill="#ffbd2e"/><circle cx="56" cy="17" r="5.5" fill="#28c941"/>
${rows.filter(row => row !== '').join('\n')}
</svg>
`
}

/** Each run stands at its own column and is stretched to its cells: the grid holds, whatever the reader's font is. */
function drawRun({text: words, column, color, bold, faint}, y) {
  const start = words.length - words.trimStart().length
  const shown = words.trim()
  if (shown === '') return ''
  const x = round(margin + (column + start) * cellWidth)
  const classes = [bold ? 'b' : '', faint && color === null ? 'f' : ''].filter(Boolean).join(' ')
  const attributes = [
    `x="${x}" y="${y}" textLength="${round(widthOf(shown) * cellWidth)}" lengthAdjust="spacingAndGlyphs"`,
    classes === '' ? '' : ` class="${classes}"`,
    color === null ? '' : ` style="fill:${color}"`,
  ]
  return `<text ${attributes.join('')}>${escaped(shown)}</text>`
}

function escaped(words) {
  return words
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

function round(number) {
  return Number(number.toFixed(2))
}

const typed = process.argv.slice(2).join(' ')
const printed = (await text(process.stdin)).trimEnd()
const prompt = typed === '' ? '' : `\x1b[32m$\x1b[39m \x1b[1m${typed}\x1b[22m\n`
process.stdout.write(draw(parse(prompt + printed), typed === '' ? 'terminal' : typed))
