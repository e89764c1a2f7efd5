import {confirmBy, decide} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'

/** API of Docker 19.03, the oldest that tells health and limits as we read them; of 20.10, that Compose v2 wants. */
const oldest = 1.4
const wanted = 1.41

export const dockerVersion = defineCheck({
  id: 'docker.version',
  category: 'docker',
  title: 'The Docker engine is new enough',
  why: 'Compose v2 wants Docker 20.10 (API 1.41); before 19.03 (API 1.40) what the engine tells is not what is read here.',
  looksAt: 'The API version of the engine; podman, too, says which one it speaks.',
  confirm: ['docker version'],
  cure: ['sudo apt-get install --only-upgrade docker-ce docker-ce-cli'],
  severity: 'warning',
  phase: 'always',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(_snapshot, {docker}) {
    const {version, apiVersion} = docker.engine
    const [major = Number.NaN, minor = Number.NaN] = apiVersion.split('.').map(Number)
    const spoken = major + minor / 100
    if (Number.isNaN(spoken)) return skip(`the engine tells no API version (${apiVersion || 'empty'})`)
    if (spoken >= wanted) return pass(`${version}, API ${apiVersion}`)
    return fail(`the engine ${version} speaks API ${apiVersion}; ${wanted} or newer is wanted`, {
      severity: spoken < oldest ? 'warning' : 'notice',
      evidence: [{label: 'API version', value: apiVersion, bound: `below ${wanted}`}],
      remedies: [
        decide('upgrade Docker to 20.10 or newer'),
        confirmBy('versions of client and engine', 'docker', 'version'),
      ],
    })
  },
})
