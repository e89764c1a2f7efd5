/** A user of Redis: what one program may do there, and no more. */
export type RedisUser = {
  name: string
  /** Whose it is: `Celery's nodes`. */
  for: string
  /** What it buys, and why it has these rights. */
  why: string
  /** Words of `ACL SETUSER` behind the password, as Redis 7.2 takes them. */
  rules: readonly string[]
}
