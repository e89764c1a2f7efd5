/** How finely time is kept, and how long. */
export type Resolution = {
  /** Length of a bucket, in seconds. */
  seconds: number
  /** How long its buckets are kept, in seconds. */
  keepSeconds: number
}

/** Start of the bucket that a moment falls into; both in epoch seconds. */
export function startOf(moment: number, {seconds}: Pick<Resolution, 'seconds'>): number {
  return Math.floor(moment / seconds) * seconds
}

/** Buckets to read: so many of a resolution, from a start on. */
export type Slice = {resolution: Resolution; starts: number[]}

const mostBucketsOfOne = 720

/**
 * The buckets that make up a window, finest where that is not too many: whole coarse ones in the middle, finer ones at both
 * ends. Their number is bounded, whatever happened in the window. `from` and `to` in epoch seconds; what is older than the
 * finest resolution keeps is taken from a coarser one, whose first bucket may begin before `from`.
 */
export function slicesOf(
  window: {from: number; to: number},
  now: number,
  resolutions: readonly Resolution[],
  mostOfOne = mostBucketsOfOne,
): Slice[] {
  const slices: Slice[] = []
  cover(window.from, window.to, resolutions.length - 1)
  return slices.filter(({starts}) => starts.length > 0)

  function cover(from: number, to: number, level: number): void {
    const resolution = resolutions[level]
    if (resolution === undefined || from >= to) return
    const finer = resolutions[level - 1]
    const reaches = (moment: number) =>
      finer !== undefined && moment >= now - finer.keepSeconds + finer.seconds
    const finerReaches = reaches(from)
    if (finer !== undefined && finerReaches && (to - from) / finer.seconds <= mostOfOne) {
      cover(from, to, level - 1)
      return
    }
    const whole = finer === undefined ? startOf(from, resolution) : ceil(from, resolution)
    const first = finerReaches ? whole : startOf(from, resolution)
    const last = reaches(startOf(to, resolution)) ? startOf(to, resolution) : ceil(to, resolution)
    if (first > last) {
      cover(from, to, level - 1)
      return
    }
    if (first > from) cover(from, first, level - 1)
    slices.push({resolution, starts: range(first, last, resolution.seconds)})
    if (to > last) cover(last, to, level - 1)
  }
}

function ceil(moment: number, {seconds}: Resolution): number {
  return Math.ceil(moment / seconds) * seconds
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({length: Math.max(0, Math.round((to - from) / step))}, (_, nth) => from + nth * step)
}
