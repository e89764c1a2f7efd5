import {it} from 'vitest'

/** Slow tests have their turn in `npm run test:all`, like slow faults: CI has twenty minutes. */
export const thorough = process.env.HUB_MON_FAULTS === 'all'

/** `it`, for a test that is not in every run. There it does not exist, and so is not skipped. */
export const itThoroughly: (title: string, test: () => Promise<void>) => void = thorough ? it : () => {}
