import {csv} from './csv.ts'
import type {ExportFormat} from './format.ts'
import type {ExportFormatName} from './format-names.ts'
import {jsonl} from './jsonl.ts'
import {openmetrics} from './openmetrics.ts'

export const exportFormats: Record<ExportFormatName, ExportFormat> = {csv, jsonl, openmetrics}
