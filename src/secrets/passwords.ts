import {createHash, randomBytes} from 'node:crypto'

/** 256 random bits, in letters that a URL, a header and an ACL file take as they stand. */
export function newPassword(): string {
  return randomBytes(32).toString('base64url')
}

/** As Redis keeps a password. */
export function redisHash(password: string): string {
  return createHash('sha256').update(password).digest('hex')
}
