import {clean} from './text/clean.ts'
import {paletteFor} from './text/palette.ts'

/** A line of a container's log. */
export type LogEntry = {time: string; service: string; text: string}

const colours = ['info', 'good', 'odd', 'warn'] as const

/** `celery-worker | …`, one line, whatever the container wrote; services keep their colour and their column. */
export function logLine(
  {time, service, text}: LogEntry,
  services: readonly string[],
  {color, timestamps}: {color: boolean; timestamps: boolean},
): string {
  const palette = paletteFor({color})
  const width = Math.max(...services.map(name => name.length), service.length)
  const paint = palette[colours[Math.max(0, services.indexOf(service)) % colours.length] ?? 'info']
  const stamp = timestamps ? `${palette.faint(time)} ` : ''
  const shown = text.replaceAll('\t', '    ').replace(/\u001b\[[0-9;]*m/g, '')
  return `${paint(`${clean(service).padEnd(width)} |`)} ${stamp}${clean(shown)}\n`
}
