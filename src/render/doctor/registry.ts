import type {Renderer} from '../view.ts'
import {renderGithub} from './github.ts'
import {renderJunit} from './junit.ts'
import {renderMarkdown} from './markdown.ts'
import {renderShort} from './short.ts'
import {renderTable} from './table.ts'

/** Every format of `doctor` but JSON, which is the envelope's. The first one is the default. */
export const doctorFormats = {
  table: renderTable,
  short: renderShort,
  junit: renderJunit,
  github: renderGithub,
  markdown: renderMarkdown,
} satisfies Record<string, Renderer>

export type DoctorFormat = keyof typeof doctorFormats
