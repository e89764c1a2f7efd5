import {spawn} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {ownMirrors} from './apt.mjs'
import {changed} from './record.mjs'
import {ask, isDebianOrUbuntu, Stop, say, show, tail} from './system.mjs'

const builder = fileURLToPath(new URL('../../hub/debian-image.sh', import.meta.url))
const redisImage = process.env.HUB_REDIS_IMAGE || 'redis:7-alpine'
const appImage = process.env.HUB_APP_IMAGE || 'hub-mon/hub:0.1'

const proxyBuilder = fileURLToPath(new URL('../../hub/proxy-image.sh', import.meta.url))
const proxyImage = process.env.HUB_PROXY_IMAGE || 'caddy:2-alpine'

const recorderBuilder = fileURLToPath(new URL('../../hub/recorder-image.sh', import.meta.url))
const recorderImage =
  process.env.HUB_RECORDER_IMAGE ||
  // As the compose file has it: written once.
  /HUB_RECORDER_IMAGE:-([^}]+)}/.exec(
    readFileSync(new URL('../../docker-compose.monitoring.yml', import.meta.url), 'utf8'),
  )[1]

const idOf = image => ask('docker', ['image', 'inspect', '--format', '{{.Id}}', image]).stdout
const isHere = image => idOf(image) !== ''

/**
 * Sees that the images can be had: from a registry, or built from the distribution's packages and, for the recorder, from the
 * Node that this runs on.
 */
export async function images({tests = false} = {}) {
  if (!(await hubImages())) return
  await recorder()
  // Of production alone, which makes it when it is wanted.
  if (tests) await proxy()
}

/** False when there is a registry: then `hub-mon up` builds what is missing. */
async function hubImages() {
  if (isHere(redisImage) && isHere(appImage)) {
    say(`✓ Images ${redisImage} and ${appImage}`)
    // Who has built the one from packages has no registry.
    return isStandIn(redisImage)
  }
  const before = idOf(redisImage)
  const pulled = await pull(redisImage)
  if (pulled.ok) {
    if (before === '') changed(`image ${redisImage}`, `docker rmi ${redisImage}`)
    say(`✓ Image ${redisImage}; hub-mon up builds ${appImage} and ${recorderImage}`)
    return false
  }
  say(`  No image registry: ${pulled.reason}`)
  if (!isDebianOrUbuntu() || !existsSync(builder))
    throw new Stop(`the image ${redisImage} cannot be pulled (${pulled.reason})`, [
      `docker pull ${redisImage}   # where a registry can be reached`,
      `docker save ${redisImage} | ssh this-machine docker load`,
    ])
  ownMirrors() // refreshes apt's lists where there are none: the script itself needs no root and never does
  const code = await show('bash', [builder, '--redis-image', redisImage, '--app-image', appImage])
  if (code !== 0) throw new Stop('the images could not be built from packages: the reason is above')
  changed(`images ${redisImage} and ${appImage}, built from packages`, `docker rmi ${redisImage} ${appImage}`)
  return true
}

const isStandIn = image =>
  ask('docker', ['image', 'inspect', '--format', '{{index .Config.Labels "org.hub-mon.built-from"}}', image])
    .stdout !== ''

async function proxy() {
  const before = isHere(proxyImage)
  const code = await show('bash', [proxyBuilder, '--image', proxyImage])
  if (code !== 0) throw new Stop("the proxy's image could not be built from packages: the reason is above")
  if (!before) changed(`image ${proxyImage}, built from packages`, `docker rmi ${proxyImage}`)
}

/** The recorder only watches: without its image the hub comes up all the same, and says so. */
export async function recorder() {
  const before = isHere(recorderImage)
  if (before && !isStandIn(recorderImage)) return say(`✓ Image ${recorderImage}`)
  // A stand-in of an older build of this package is made anew.
  const build = [recorderBuilder, '--image', recorderImage, '--node', process.execPath]
  const code = await show('bash', build)
  if (code === 0 && before) say(`✓ Image ${recorderImage}`)
  else if (code === 0) changed(`image ${recorderImage}, built from node`, `docker rmi ${recorderImage}`)
  else say(`  ${recorderImage} could not be built: the hub comes up without its recorder`)
}

/**
 * Pulls. Whether a registry can be reached shows at its first answer: until then the patience is short, and after it
 * a slow line may take its time.
 */
function pull(image) {
  return new Promise(resolve => {
    const child = spawn('docker', ['pull', image], {stdio: ['ignore', 'pipe', 'pipe']})
    let words = ''
    let given
    const give = (seconds, reason) => {
      clearTimeout(given)
      given = setTimeout(() => {
        words = reason
        child.kill('SIGTERM')
      }, seconds * 1000)
    }
    give(20, 'no answer within 20 s')
    child.stdout.on('data', chunk => {
      if (!/Pulling from/.test(chunk)) return
      say(`  Pulling ${image}`)
      give(600, 'not pulled within 10 minutes')
    })
    child.stderr.on('data', chunk => {
      words += chunk
    })
    child.on('error', error => resolve({ok: false, reason: error.message}))
    child.on('close', code => {
      clearTimeout(given)
      const reason =
        tail(words, 1).replace(/^Error response from daemon: /, '') || `docker pull ended with ${code}`
      resolve({ok: code === 0, reason})
    })
  })
}
