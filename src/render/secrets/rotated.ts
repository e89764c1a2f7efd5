import {clean} from '../text/clean.ts'

type Rotated = {
  /** It finished one that was broken off or kept open. */
  underWay: boolean
  users: readonly string[]
  restarted: readonly string[]
  redisTls: boolean
  login: string | null
  /** The command that takes the earlier passwords away; `null` when they are gone. */
  finish: string | null
}

/** What a rotation did, and what is left to do; never a secret. */
export function rotatedText({underWay, users, restarted, redisTls, login, finish}: Rotated): string {
  const lines = [
    ...(underWay && finish === null ? ['The rotation that was under way is finished.'] : []),
    ...(users.length === 0 ? [] : [`New passwords for ${users.join(', ')}.`]),
    ...(restarted.length === 0 ? [] : [`Started again: ${restarted.join(', ')}.`]),
    ...(redisTls ? ['Redis has a new certificate.'] : []),
    finish === null
      ? 'The earlier passwords let nobody in.'
      : `The earlier passwords still work. When all have the new ones: ${finish}`,
    ...(login === null ? [] : [`The new user and password for the browser stand in ${login}.`]),
  ]
  return lines.map(line => `${clean(line)}\n`).join('')
}
