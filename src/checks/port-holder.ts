import type {HostPort} from '../snapshot/host.ts'

/** Our own running stack holds its ports by right. */
export function isOurs({holder}: HostPort, project: string | null): boolean {
  return holder !== null && 'project' in holder && holder.project !== null && holder.project === project
}

export function holderOf({holder}: HostPort): string {
  if (holder === null) return 'a process that cannot be told from here'
  if ('container' in holder)
    return `the container ${holder.container}${holder.project === null ? '' : ` of ${holder.project}`}`
  return `${holder.command} (pid ${holder.pid})`
}
