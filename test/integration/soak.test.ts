import {expect, it, vi} from 'vitest'
import {onHostHub} from '../services/host-hub.ts'
import {soak} from '../services/soak.ts'

// A minute on a machine that has nothing else to do.
vi.setConfig({testTimeout: 300_000})

it('no check cries wolf on a busy hub while its nodes are restarted and scaled (npm run soak does it ten times as often)', async () => {
  await onHostHub({}, async hub => {
    const {falseAlarms, changes} = await soak(hub, {runs: 20, pauseSeconds: 0.5})
    expect(falseAlarms).toEqual([])
    expect(changes).toBe(12)
  })
})
