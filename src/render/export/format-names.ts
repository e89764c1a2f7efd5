/** Apart from what they do: a command line names them before anything is exported. */
export const exportFormatNames = ['csv', 'jsonl', 'openmetrics'] as const
export type ExportFormatName = (typeof exportFormatNames)[number]
