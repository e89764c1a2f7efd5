import {namesSecret, passwordsInUrls, type Secrets} from './secrets.ts'

/** `--requirepass x`, `--basic-auth=a:b`, `PASSWORD=x`, inside one word as in `sh -c '…'`, too. */
const option =
  /(--?[A-Za-z][A-Za-z0-9_-]*|[A-Za-z][A-Za-z0-9_-]*(?==))(=|\s+(?!-))("[^"]*"|'[^']*'|[^\s;&|]+)/g
/** `redis-cli -a x`: a short option that only means a password behind that program. */
const passwordOfRedisCli = /(redis-cli\b.*?\s-a\s+)("[^"]*"|'[^']*'|[^\s;&|]+)/g

/** The words of a command line with the values of options and variables that are named like secrets masked. */
export function maskCommand(command: readonly string[], secrets: Secrets): string[] {
  return withoutSecrets(
    command,
    value => learn(value, secrets),
    word => secrets.mask(word),
  )
}

/** The secrets that stand in a command line themselves: what a shell reads from a file or a variable does not. */
export function secretsInCommand(command: readonly string[]): string[] {
  const found: string[] = []
  withoutSecrets(
    command,
    value => found.push(unquoted(value)),
    word => word,
  )
  return [...found, ...command.flatMap(passwordsInUrls)].filter(value => !/^([$`/<]|\*\*\*|$)/.test(value))
}

function withoutSecrets(
  command: readonly string[],
  found: (value: string) => void,
  mask: (word: string) => string,
): string[] {
  return command.map((word, index) => {
    const before = command[index - 1] ?? ''
    const isValue =
      (before.startsWith('-') && !before.includes('=') && isSecretOption(before)) ||
      (before === '-a' && command.slice(0, index - 1).some(part => /(^|\/)redis-cli$/.test(part)))
    if (isValue && !word.startsWith('--')) {
      found(word)
      return '***'
    }
    return mask(maskInside(word, found))
  })
}

function maskInside(word: string, found: (value: string) => void): string {
  const masked = word.replace(option, (all, name: string, between: string, value: string) => {
    if (!isSecretOption(name)) return all
    found(value)
    return `${name}${between}***`
  })
  return masked.replace(passwordOfRedisCli, (_all, before: string, value: string) => {
    found(value)
    return `${before}***`
  })
}

/** As the value of a variable that is named like a secret: the password of `user:password` alone is one, too. */
function learn(value: string, secrets: Secrets): void {
  secrets.addEnvironment({auth: unquoted(value)})
}

function unquoted(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, '$2')
}

function isSecretOption(word: string): boolean {
  const name = word.replace(/^-+/, '').replaceAll('-', '_')
  return namesSecret(name) || name === 'masterauth'
}
