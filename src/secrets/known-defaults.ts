/** What a password is known for, and so is no password. */
export type KnownDefault = {
  /** `known`: everybody tries it. `short`: can be tried out. */
  kind: 'known' | 'short'
  /** A sentence's end: `is the one that every example has`. */
  why: string
}

/** Fewer characters than that can be tried out, one after the other. */
export const leastPasswordLength = 16

/** Names that stand before a password in nobody's favour, and are tried first as passwords as well. */
const users = 'admin administrator celery default flower guest hub hub-mon redis root test user worker'.split(
  ' ',
)
/** Written in the runbook and in examples everywhere. */
const ofExamples = [
  ...[
    'secure_password_here',
    'your_password_here',
    'yourpassword',
    'your_password',
    'mypassword',
    'my_password',
  ],
  ...['changeme', 'change_me', 'changeit', 'change_this', 'replaceme', 'replace_me', 'example', 'foobared'],
  ...['secret', 'supersecret', 'redispassword', 'redis_password', 'strongpassword', 'strong_password'],
]
/** The first that anybody tries. */
const mostTried = [
  ...[
    'password',
    'password1',
    'password123',
    'passw0rd',
    'p@ssw0rd',
    'pass',
    '123456',
    '12345678',
    '123456789',
  ],
  ...[
    '1234',
    '12345',
    '1234567890',
    'qwerty',
    'qwerty123',
    'letmein',
    'welcome',
    'admin123',
    'abc123',
    '111111',
  ],
]

/**
 * What is wrong with a password or with a pair `user:password`; `null` when it is nobody's default and long enough.
 * Upper and lower case, and what is written for a dash, make no other password of a default.
 */
export function knownDefault(text: string): KnownDefault | null {
  const pair = /^([\w.@+-]{1,64}):(.*)$/s.exec(text)
  const [user, password] = pair === null ? [null, text] : [pair[1] ?? '', pair[2] ?? '']
  const plain = spelt(password)
  if (plain === '') return {kind: 'known', why: 'is empty'}
  if (ofExamples.some(word => spelt(word) === plain))
    return {kind: 'known', why: 'stands in examples that everybody has read'}
  if (mostTried.some(word => spelt(word) === plain))
    return {kind: 'known', why: 'is among the first that anybody tries'}
  if (user !== null && spelt(user) === plain) return {kind: 'known', why: "is the user's own name"}
  if (users.some(word => spelt(word) === plain))
    return {kind: 'known', why: 'is a name that programs give out as their password'}
  if (password.length < leastPasswordLength)
    return {
      kind: 'short',
      why: `has ${password.length} characters, and fewer than ${leastPasswordLength} can be tried out`,
    }
  return null
}

function spelt(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_')
}
