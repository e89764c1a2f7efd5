import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'

/** Where the list of changes outlives this run, so that they can be undone weeks later. */
export const stateFolder = join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'hub-mon')
const file = join(stateFolder, 'setup.json')

function read() {
  try {
    return {changes: [], engine: null, ...JSON.parse(readFileSync(file, 'utf8'))}
  } catch {
    return {changes: [], engine: null}
  }
}

function write(state) {
  mkdirSync(stateFolder, {recursive: true})
  // Renamed into place: a run that is killed here leaves the old list, not half a list.
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, {mode: 0o600})
  renameSync(`${file}.new`, file)
}

/** What this run changed; told at its end. */
const fresh = []

/** Notes a change the moment it was made. */
export function changed(what, undo) {
  const change = {what, undo, at: new Date().toISOString()}
  fresh.push(change)
  const state = read()
  write({...state, changes: [...state.changes.filter(each => each.what !== what), change]})
}

/** Takes a change back out of the list, once it is undone. */
export function unchanged(what) {
  const state = read()
  write({...state, changes: state.changes.filter(each => each.what !== what)})
}

export const freshChanges = () => fresh
export const allChanges = () => read().changes
export const startedEngine = () => read().engine
export const noteEngine = engine => write({...read(), engine})
export const recordFile = file
