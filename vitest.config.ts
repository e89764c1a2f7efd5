import {defineConfig} from 'vitest/config'

/** A hub mostly waits: two side by side keep two cores busy. */
const besideOneAnother = {maxWorkers: 2, sequence: {groupOrder: 1}}
/** In `npm run test:all` alone, like slow faults: what another test shows in less time. */
const thorough = process.env.HUB_MON_FAULTS === 'all' ? [] : ['test/integration/production-newer.test.ts']
/** What holds hub-mon to a time or to a memory has the machine to itself. */
const measuring = ['test/integration/fleet.test.ts', 'test/integration/history-cost.test.ts']

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts'],
          maxWorkers: 2,
          // Hundreds of cases of a property take their time on a busy machine.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: [...measuring, ...thorough],
          globalSetup: 'test/services/build.ts',
          ...besideOneAnother,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/*.test.ts'],
          globalSetup: 'test/services/build.ts',
          ...besideOneAnother,
          maxConcurrency: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: measuring,
          fileParallelism: false,
          sequence: {groupOrder: 2},
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
