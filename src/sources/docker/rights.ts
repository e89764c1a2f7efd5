import {readFile} from 'node:fs/promises'
import type Docker from 'dockerode'
import type {ContainerRights, ProductionLabels} from '../../snapshot/docker.ts'
import {credentialsShown} from './credentials.ts'

type Inspected = Docker.ContainerInspectInfo

/** What a container may do, and what the engine shows of it. */
export async function readRights(
  found: Inspected,
  environment: Readonly<Record<string, string>>,
  {local, isKnownDefault}: {local: boolean; isKnownDefault: (password: string) => boolean},
): Promise<ContainerRights> {
  const {HostConfig, Mounts = [], NetworkSettings} = found
  return {
    user: {name: found.Config.User || 'root', root: await isRoot(found, local)},
    privileged: HostConfig.Privileged === true,
    capAdd: ((HostConfig.CapAdd ?? []) as string[]).map(name => name.replace(/^CAP_/, '')),
    readOnlyRoot: HostConfig.ReadonlyRootfs === true,
    dockerSocket: Mounts.some(({Source = ''}) => /(^|\/)docker\.sock$/.test(Source)),
    ...credentialsShown(environment, [found.Path, ...(found.Args ?? [])], isKnownDefault),
    exportsUrls: environment.HUB_EXPORT_URLS === '1',
    gateways: Object.values(NetworkSettings?.Networks ?? {})
      .flatMap(({Gateway, IPv6Gateway}) => [Gateway, IPv6Gateway])
      .filter(address => Boolean(address)),
  }
}

/** `undefined` where no label says that this is production. */
export function productionOf(labels: Readonly<Record<string, string>>): ProductionLabels | undefined {
  const label = (name: string) => labels[`org.hub-mon.${name}`] || null
  const {secrets, site, prefix, allow} = {
    ...{secrets: label('secrets'), site: label('site')},
    ...{prefix: label('prefix'), allow: label('allow')},
  }
  if (secrets === null && site === null) return undefined
  return {
    ...{secrets, site, prefix},
    allow: (allow ?? '').split(/[\s,]+/).filter(word => word !== ''),
  }
}

/**
 * Whether its first process is root's. An image that begins as root and steps down tells nothing of that, so the kernel is
 * asked, where its process is one of this machine's; else only what the container was told counts.
 */
async function isRoot({Id, Config, State}: Inspected, local: boolean): Promise<boolean | null> {
  const seen = local && State.Running ? await uidOf(State.Pid, Id) : null
  if (seen !== null) return seen === 0
  const [user = ''] = (Config.User ?? '').split(':')
  return user === '' ? null : user === 'root' || user === '0'
}

/** Its effective user; `null` where the process of that number is another's, as in a container or a virtual machine. */
async function uidOf(pid: number, containerId: string): Promise<number | null> {
  try {
    const [groups, status] = await Promise.all(
      ['cgroup', 'status'].map(file => readFile(`/proc/${pid}/${file}`, 'utf8')),
    )
    const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status ?? '')?.[1]
    return groups?.includes(containerId) === true && uid !== undefined ? Number(uid) : null
  } catch {
    return null
  }
}
