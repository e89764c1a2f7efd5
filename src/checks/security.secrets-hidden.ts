import {confirmBy, decide} from '../report/finding.ts'
import type {Container} from '../snapshot/docker.ts'
import {defineCheck, fail, type Outcome, onCompose, pass, skip} from './check.ts'
import {listed} from './names.ts'
import {closeIt, inProduction, weightOf} from './production.ts'

export const securitySecretsHidden = defineCheck({
  id: 'security.secrets-hidden',
  category: 'security',
  title: 'No credential stands in a variable or a command line',
  why: 'docker inspect shows both, they are inherited by every process and printed by many when those fail; a file is read by its own user alone.',
  looksAt:
    'Names of variables that hold a password, and whether the command line has one, of the running containers of the hub. The values are not kept.',
  confirm: ['docker inspect --format {{json .Config.Env}} hub-celery-worker'],
  cure: ['hub-mon up --production   # docs/production.md'],
  severity: 'warning',
  phase: 'running',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    const told = docker.containers.filter(({role, rights}) => role !== null && rights !== undefined)
    if (told.length === 0) return skip('what containers show is not known')
    const showing = told.filter(container => shownBy(container).length > 0)
    if (showing.length === 0) return inside(told)
    const ownUrls = showing.every(container => shownBy(container).every(isUrlOfCelery))
    return fail(
      `${listed(showing.map(container => `${container.service} shows ${listed(shownBy(container))}`))} to whoever may ask the engine`,
      {
        // An application that reads its broker's address from there has no other way; then this is what is to be known.
        severity: weightOf(snapshot, ownUrls ? 'notice' : 'warning', false),
        affects: showing.map(({service}) => service),
        evidence: showing.map(container => ({
          label: `shown by ${container.service}`,
          value: shownBy(container).join(', '),
        })),
        remedies: [
          ...(inProduction(snapshot) && ownUrls
            ? [readFiles]
            : closeIt(snapshot, 'credentials in files, mounted as secrets')),
          ...showing
            .slice(0, 3)
            .map(({name}) =>
              confirmBy('what it shows', 'docker', 'inspect', '--format', '{{json .Config}}', name),
            ),
        ],
      },
    )
  },
})

const readFiles = decide(
  'let the application read the files that CELERY_BROKER_URL_FILE and CELERY_RESULT_BACKEND_FILE name: docs/production.md',
)

/** What the engine does not show, whoever may look into the container may still see. */
function inside(told: readonly Container[]): Outcome {
  const exporting = told.filter(({rights}) => rights?.exportsUrls === true)
  if (exporting.length === 0) return pass('none is shown by docker inspect')
  const services = exporting.map(({service}) => service)
  return fail(
    `the processes of ${listed(services)} get CELERY_BROKER_URL with its password, as was asked for`,
    {
      severity: 'notice',
      affects: services,
      evidence: services.map(service => ({label: `HUB_EXPORT_URLS of ${service}`, value: 1})),
      remedies: [readFiles],
    },
  )
}

function shownBy({rights}: Container): string[] {
  return [
    ...(rights?.credentialVariables ?? []),
    ...(rights?.credentialInCommand === true ? ['its command line'] : []),
  ]
}

function isUrlOfCelery(name: string): boolean {
  return name === 'CELERY_BROKER_URL' || name === 'CELERY_RESULT_BACKEND'
}
