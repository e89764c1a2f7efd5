import type {Renderer} from '../view.ts'
import type {DoctorFormat} from './format-names.ts'
import {renderGithub} from './github.ts'
import {renderJunit} from './junit.ts'
import {renderMarkdown} from './markdown.ts'
import {renderShort} from './short.ts'
import {renderTable} from './table.ts'

/** Every format of `doctor` but JSON, which is the envelope's. */
export const doctorFormats: Record<DoctorFormat, Renderer> = {
  table: renderTable,
  short: renderShort,
  junit: renderJunit,
  github: renderGithub,
  markdown: renderMarkdown,
}
