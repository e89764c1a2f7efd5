import {describe, expect, it} from 'vitest'
import type {ComposeService} from '../../../src/snapshot/compose.ts'
import {leftOutByImage, toGet} from '../../../src/stack/images.ts'

const image = (builds: boolean, present: boolean, runs = true) => ({
  service: {name: 'flower', builds} as ComposeService,
  reference: 'hub:1',
  present,
  runs,
})
const nothing = {pull: false, build: false}

describe('toGet', () => {
  it.each([
    ['a missing image is pulled', image(false, false), nothing, 'pull'],
    ['a missing image that the file can build is built', image(true, false), nothing, 'build'],
    ['what is here is left alone', image(false, true), nothing, null],
    ['--pull gets it all the same', image(false, true), {pull: true, build: false}, 'pull'],
    ['--pull builds anew what is built', image(true, true), {pull: true, build: false}, 'build'],
    [
      '--pull replaces a stand-in that cannot run its service',
      image(true, true, false),
      {pull: true, build: false},
      'build',
    ],
    ['--build leaves alone what is pulled', image(false, true), {pull: false, build: true}, null],
  ] as const)('%s', (_what, plan, wishes, means) => {
    expect(toGet(plan, wishes)).toBe(means)
  })
})

describe('leftOutByImage', () => {
  it('names the services that their image cannot run', () => {
    const [left] = leftOutByImage([image(true, true, false), image(true, true)])
    expect(left).toMatchObject({service: 'flower', why: expect.stringContaining('hub:1')})
  })
})
