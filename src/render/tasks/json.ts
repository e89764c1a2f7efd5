import type {TaskAccount} from '../../report/task-account.ts'
import type {TaskList} from '../../report/tasks.ts'
import type {Snapshot} from '../../snapshot/snapshot.ts'
import {commandLine} from '../text/shell.ts'
import type {AccountFrame} from './account.ts'
import {notesOf} from './list.ts'

/** What `tasks --json` has as `data`. */
export function tasksJson(list: TaskList, {takenAt, target}: Snapshot) {
  const {states, tasks, matched, ageUnknown, live, finished} = list
  return {
    takenAt,
    target: {...target},
    states,
    tasks,
    matched,
    more: matched - tasks.length,
    ageUnknown,
    live,
    finished,
    notes: notesOf(list),
  }
}

/** What `task --json` has as `data`. */
export function taskJson(account: TaskAccount, {takenAt, target, next}: AccountFrame) {
  return {
    takenAt,
    target: {...target},
    ...account,
    next: next.map(command => ({command: [...command], line: commandLine(command)})),
  }
}
