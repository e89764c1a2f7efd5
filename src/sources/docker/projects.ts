import type Docker from 'dockerode'
import type {Role} from '../../snapshot/docker.ts'
import {type RoleNames, roleOf} from '../../snapshot/role.ts'
import {configFilesOf} from './container.ts'

export const projectLabel = 'com.docker.compose.project'

export type FoundProject = {
  name: string
  /** True when at least one of its containers runs. */
  running: boolean
  /** Absolute, separated by commas; `null` when Compose did not note them. */
  configFiles: string | null
  workingDir: string | null
  services: string[]
}

/** The compose projects among these containers that look like a hub: one with a Celery worker or Flower. */
export function listProjects(containers: readonly Docker.ContainerInfo[], names: RoleNames): FoundProject[] {
  const projects = new Map<string, FoundProject & {roles: Set<Role | null>}>()
  for (const {Labels, Image, Command, State} of containers) {
    const name = Labels[projectLabel]
    const service = Labels['com.docker.compose.service']
    if (name === undefined || service === undefined) continue
    const project = projects.get(name) ?? {
      name,
      running: false,
      configFiles: configFilesOf(Labels),
      workingDir: Labels['com.docker.compose.project.working_dir'] ?? null,
      services: [],
      roles: new Set(),
    }
    projects.set(name, project)
    project.running ||= State === 'running'
    if (!project.services.includes(service)) project.services.push(service)
    project.roles.add(roleOf({name: service, image: Image, command: [Command]}, names))
  }
  return [...projects.values()]
    .filter(project => project.roles.has('worker') || project.roles.has('flower'))
    .map(({roles: _roles, ...project}) => ({...project, services: project.services.sort()}))
    .sort((a, b) => a.name.localeCompare(b.name))
}
