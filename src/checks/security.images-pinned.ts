import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {hubMon, listed} from './names.ts'
import {weightOf} from './production.ts'

export const securityImagesPinned = defineCheck({
  id: 'security.images-pinned',
  category: 'security',
  title: 'Images are named by their version',
  why: 'latest is whatever was pushed last: the next pull may bring another major version, or what somebody else has pushed there.',
  looksAt: "The tag or digest of each image of the hub's containers.",
  confirm: ['docker inspect --format {{.Config.Image}} hub-redis'],
  cure: ['# image: with a version or a digest in the compose file, then: hub-mon up'],
  severity: 'warning',
  phase: 'running',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    const own = docker.containers.filter(({role}) => role !== null)
    if (own.length === 0) return skip('there is no stack')
    const moving = own.filter(({image}) => pinOf(image) === null)
    if (moving.length === 0) {
      const digests = own.filter(({image}) => pinOf(image) === 'digest')
      return pass(digests.length === own.length ? 'each by its digest' : 'each by a version')
    }
    const services = moving.map(({service}) => service)
    return fail(
      `${listed(moving.map(({service, image}) => `${service} runs ${image}`))}: no version is named`,
      {
        severity: weightOf(snapshot, 'warning', false),
        affects: services,
        evidence: moving.map(({service, image}) => ({label: `image of ${service}`, value: image})),
        remedies: [
          decide(`name a version or a digest for ${listed(services)} in the compose file`),
          cureBy('apply it', ...hubMon(snapshot, 'up')),
          ...moving
            .slice(0, 3)
            .map(({name}) =>
              confirmBy('which image it is now', 'docker', 'inspect', '--format', '{{.Image}}', name),
            ),
        ],
      },
    )
  },
})

const movingTags = new Set(['latest', 'stable', 'edge', 'main', 'master', 'dev', 'develop', 'nightly'])

/** How an image is held to one version; `null` where it is whatever is newest. An id is a digest, too. */
function pinOf(image: string): 'digest' | 'tag' | null {
  if (image.includes('@sha256:') || /^(sha256:)?[\da-f]{12,64}$/.test(image)) return 'digest'
  const tag = /:([^:/]+)$/.exec(image)?.[1]
  return tag === undefined || movingTags.has(tag) ? null : 'tag'
}
