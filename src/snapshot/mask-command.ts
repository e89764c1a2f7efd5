import {namesSecret, type Secrets} from './secrets.ts'

/** `--requirepass x`, `--basic-auth=a:b`, `PASSWORD=x`, inside one word as in `sh -c '…'`, too. */
const option =
  /(--?[A-Za-z][A-Za-z0-9_-]*|[A-Za-z][A-Za-z0-9_-]*(?==))(=|\s+(?!-))("[^"]*"|'[^']*'|[^\s;&|]+)/g
/** `redis-cli -a x`: a short option that only means a password behind that program. */
const passwordOfRedisCli = /(redis-cli\b.*?\s-a\s+)("[^"]*"|'[^']*'|[^\s;&|]+)/g

/** The words of a command line with the values of options and variables that are named like secrets masked. */
export function maskCommand(command: readonly string[], secrets: Secrets): string[] {
  return command.map((word, index) => {
    const before = command[index - 1] ?? ''
    const isValue =
      (before.startsWith('-') && !before.includes('=') && isSecretOption(before)) ||
      (before === '-a' && command.slice(0, index - 1).some(part => /(^|\/)redis-cli$/.test(part)))
    if (isValue && !word.startsWith('--')) {
      learn(word, secrets)
      return '***'
    }
    return secrets.mask(maskInside(word, secrets))
  })
}

function maskInside(word: string, secrets: Secrets): string {
  const masked = word.replace(option, (all, name: string, between: string, value: string) => {
    if (!isSecretOption(name)) return all
    learn(value, secrets)
    return `${name}${between}***`
  })
  return masked.replace(passwordOfRedisCli, (_all, before: string, value: string) => {
    learn(value, secrets)
    return `${before}***`
  })
}

/** As the value of a variable that is named like a secret: the password of `user:password` alone is one, too. */
function learn(value: string, secrets: Secrets): void {
  secrets.addEnvironment({auth: value.replace(/^(["'])(.*)\1$/, '$2')})
}

function isSecretOption(word: string): boolean {
  const name = word.replace(/^-+/, '').replaceAll('-', '_')
  return namesSecret(name) || name === 'masterauth'
}
