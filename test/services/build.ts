import {build} from '../../scripts/setup/project.mjs'

/** The integration tests run hub-mon as it is shipped: never an older build than the sources. */
export default function setup(): void {
  build()
}
