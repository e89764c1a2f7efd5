import path from 'node:path'
import {homeDirectory} from '../../config/home-directory.ts'

/** Where hub-mon keeps what it must know later. A relative `XDG_STATE_HOME` is not valid and not used. */
export function stateDirectory(environment: NodeJS.ProcessEnv): string {
  const named = environment.XDG_STATE_HOME
  const state =
    named !== undefined && path.isAbsolute(named) ? named : path.join(homeDirectory(), '.local', 'state')
  return path.join(state, 'hub-mon')
}
