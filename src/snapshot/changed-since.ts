import type {ComposeFacts} from './compose.ts'
import type {Container} from './docker.ts'

/**
 * Services whose part of the compose file is another one than their containers were made from; `null` when no container
 * can be compared. Compose v1 and v2 hash the same file differently: only what the same one made is compared.
 */
export function changedSince(
  containers: readonly Container[],
  {config, binary}: ComposeFacts,
): string[] | null {
  const planned = new Map(config?.services.map(({name, configHash}) => [name, configHash]))
  const known = containers.flatMap(({service, configHash, composeVersion}) => {
    const wanted = planned.get(service) ?? null
    const madeBy = Number.parseInt(composeVersion ?? '', 10)
    const comparable = Number.isNaN(madeBy) || (madeBy === 1) === (binary.major === 1)
    return wanted === null || configHash === null || !comparable
      ? []
      : [{service, same: wanted === configHash}]
  })
  if (known.length === 0) return null
  return [...new Set(known.filter(({same}) => !same).map(({service}) => service))].sort()
}
