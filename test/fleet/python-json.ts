/** JSON as Python writes it, with blanks after commas and colons: what goes over the wire has its true size. */
export function pythonJson(value: unknown): string {
  // Text in JSON holds no line break, so each one stands between two values.
  return JSON.stringify(value, null, 1)
    .replace(/([[{])\n\s*/g, '$1')
    .replace(/\n\s*([\]}])/g, '$1')
    .replace(/\n\s*/g, ' ')
}
