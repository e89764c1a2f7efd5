import type {ContainerRights} from '../../snapshot/docker.ts'
import {secretsInCommand} from '../../snapshot/mask-command.ts'
import {namesSecret, passwordsInUrls} from '../../snapshot/secrets.ts'

type Shown = Pick<ContainerRights, 'credentialVariables' | 'credentialInCommand' | 'knownDefaults'>

/** Names of where `docker inspect` shows a credential of a container, and which of them everybody knows. */
export function credentialsShown(
  environment: Readonly<Record<string, string>>,
  command: readonly string[],
  isKnownDefault: (password: string) => boolean,
): Shown {
  const variables = Object.entries(environment)
    .map(([name, value]) => ({name, values: credentialsIn(name, value)}))
    .filter(({values}) => values.length > 0)
    .sort((a, b) => a.name.localeCompare(b.name))
  const inCommand = secretsInCommand(command)
  return {
    credentialVariables: variables.map(({name}) => name),
    credentialInCommand: inCommand.length > 0,
    knownDefaults: [
      ...variables.filter(({values}) => values.some(isKnownDefault)).map(({name}) => name),
      ...(inCommand.some(isKnownDefault) ? ['command'] : []),
    ],
  }
}

/** A name that tells where a secret lies, and a switch, hold none. */
const holdsNone = /_(FILE|DIR|FOLDER|PATH|URL|URI)$/i
const isNoSecret = /^($|\/|true$|false$|yes$|no$|\d$)/i

function credentialsIn(name: string, value: string): string[] {
  const inUrl = passwordsInUrls(value)
  if (inUrl.length > 0) return inUrl.map(decoded)
  if (!namesSecret(name) || holdsNone.test(name) || isNoSecret.test(value)) return []
  return /auth/i.test(name) ? value.split(',') : [value]
}

function decoded(password: string): string {
  try {
    return decodeURIComponent(password)
  } catch {
    return password
  }
}
