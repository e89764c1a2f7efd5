import {homedir} from 'node:os'

/** The user's own folder. A user whom the system does not know, as in some containers, has none: nothing is found or kept there. */
export function homeDirectory(): string {
  try {
    return homedir()
  } catch {
    return '/nonexistent'
  }
}
