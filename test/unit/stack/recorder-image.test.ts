import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')

describe('the image of the recorder', () => {
  it('carries the version of the package, so that a newer one is built anew', () => {
    const {version} = JSON.parse(read('package.json'))
    const image = `hub-mon/recorder:${version}`
    expect(read('docker-compose.monitoring.yml')).toContain(`\${HUB_RECORDER_IMAGE:-${image}}`)
    expect(read('hub/recorder-image.sh')).toContain(`image=${image}\n`)
  })
})
