import type {RedisUserName} from '../redis-users/registry.ts'

/** What was seen of a folder of secrets; holds no secret but `texts`. */
export type SecretsFacts = {
  folder: string
  /** `null` where there is none. */
  found: {mode: number; uid: number; self: number | null} | null
  files: FileFacts[]
  /** Names beside ours that an interrupted write left. */
  leftovers: string[]
  /** What is in the files, by name: for judging, never printed. `null` where they could not be read, and why. */
  texts: ReadonlyMap<string, string> | null
  unreadable: string | null
  /** Whether the line of the proxy's users lets in what stands in `login`; `null` where it has none of that name, or was not read. */
  loginOpens: boolean | null
  /** Days until these certificates end, by the name of their file; of those that are not empty. */
  certificates: {name: string; daysLeft: number | null; subject: string | null}[]
  /** The engine gives its containers uids of their own: whom a file belongs to says nothing here. */
  remapped: boolean
  /** Why there is nothing to say of a hub that runs with them: it does not run, or with others. */
  idle: string | null
  /** `null` where none runs with these secrets. */
  running: RunningFacts | null
}

export type FileFacts = {
  name: string
  /** `null` where there is none. */
  found: {
    plain: boolean
    mode: number
    uid: number
    bytes: number
    ageSeconds: number
    /** In epoch milliseconds: a service that was started before has an earlier one. */
    leftBehindAt: number
  } | null
}

export type RunningFacts = {
  /** Why Redis could not be asked; `null` when it could. */
  unreachable: string | null
  /** How signing in went, by name of the file. */
  signIns: {file: string; user: RedisUserName; refused: string | null}[]
  /** How somebody fared who has no password, or one that everybody tries: `let in` is bad. */
  strangers: {who: string; letIn: boolean}[]
  /** What Redis itself has as its users now; `null` where its admin could not ask. */
  users: {name: string; on: boolean; hashes: string[]; nopass: boolean}[] | null
  /** When each service was started last, in epoch milliseconds; running ones alone. */
  started: {service: string; at: number}[]
}
