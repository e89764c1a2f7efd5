import {recorder} from '../../scripts/setup/images.mjs'
import {build} from '../../scripts/setup/project.mjs'

/** The integration tests run hub-mon as it is shipped: never an older build than the sources. */
export default async function setup(): Promise<void> {
  build()
  // What the compose file names must be there before Compose is typed by hand.
  await recorder()
}
