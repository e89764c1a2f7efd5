const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** For people, in binary units, as Docker and Redis have them: `512 B`, `1.5 MiB`, `38 GiB`. */
export function bytes(count: number): string {
  if (count < 0) return `-${bytes(-count)}`
  let value = count
  let unit = 0
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  const shown = unit === 0 || value >= 9.95 ? Math.round(value) : Number(value.toFixed(1))
  return `${shown} ${units[unit]}`
}
