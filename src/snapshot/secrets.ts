const replacement = '***'
/**
 * `scheme://user:password@` and `scheme://:password@`: a password that nobody has told us of, also one that should have
 * been encoded (`/`, `#`). `scheme://host:6379/…@…` has none; in a list (`sentinel://…;sentinel://…`) each may have one.
 * It begins to look at `://` alone and goes no further than any password does: a line of a log may be long.
 */
const userInfo =
  /(?<=[a-z0-9+.-])(:\/\/)([^\s/@:'"]{0,500}):(?!\d{1,5}[/?#])((?:(?!;[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s'"]){0,2000})@/gi
/** `?password=…`, `&sentinel_password=…`. */
const secretParameter = /([?&][\w.-]*(?:passw(?:or)?d|secret|token|api_?key)=)([^\s&;'"]+)/gi
const secretName =
  /pass(word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential|basic_auth|(^|_)auth($|_)|dsn/i
/** Shorter ones would black out ordinary words; inside URLs they are masked all the same. */
const leastLength = 4
/** A password of one plain word may be part of any name: `wrong` of `wrong-password`, which a script reads. As a word of its own it is masked. */
const plainWord = /^[a-z]+$/
/** What stands in everything that we print, in ids and in prose, tells nobody a password. Inside URLs it is masked all the same. */
const ownWords = new Set(
  'celery compose critical database default docker flower host healthy none notice null password queue recorder redis secret skipped stack task tasks true unknown warning worker'.split(
    ' ',
  ),
)

/** Whether a variable or option of this name is likely to hold a secret. */
export function namesSecret(name: string): boolean {
  return secretName.test(name.replace(/([a-z0-9])([A-Z])/g, '$1_$2'))
}

/** As they are spelt there: of `scheme://user:password@…` and of `?password=…`. */
export function passwordsInUrls(text: string): string[] {
  if (!text.includes('://')) return []
  return [
    ...[...text.matchAll(userInfo)].map(match => match[3] ?? ''),
    ...[...text.matchAll(secretParameter)].map(match => match[2] ?? ''),
  ]
}

/** `HUB_SECRETS_DIR=/etc/hub`, `DB_PASSWORD_FILE=/run/secrets/db`: where a secret is, is none. */
function saysWhere(name: string, value: string): boolean {
  return /_(dir|file|path)$/i.test(name) && /^(~?|\.{1,2})\//.test(value)
}

/**
 * The secrets met so far, so that they can be taken out of everything that is printed or stored.
 * The last gate on the way out: sources mask what they know, this catches what came by another way.
 */
export class Secrets {
  readonly #known = new Set<string>()
  #pattern: RegExp | null = null

  add(secret: string | null | undefined): void {
    if (secret === null || secret === undefined || secret.length < leastLength || this.#known.has(secret))
      return
    if (ownWords.has(secret)) return
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
      this.#known.add(form)
    this.#pattern = null
  }

  /** The passwords of a URL, in both spellings. */
  addUrl(url: string | null | undefined): void {
    if (url === null || url === undefined) return
    for (const password of passwordsInUrls(url)) {
      this.add(password)
      try {
        this.add(decodeURIComponent(password))
      } catch {
        // A stray % is part of the password as it stands.
      }
    }
  }

  /** An address that is a secret as a whole, as a webhook's is: what follows its host lets anybody in. */
  addPath(url: string): void {
    if (!URL.canParse(url)) return
    const {pathname, search} = new URL(url)
    this.add(`${pathname}${search}`)
  }

  /** An address as somebody typed it: where it is no URL, what stands before the `@` may be a password all the same. */
  addAddress(text: string | null | undefined): void {
    this.addUrl(text)
    if (text?.includes('://') === false) this.add(/:(\S*)@/.exec(text)?.[1])
  }

  /** A file that could not be understood: what its lines set, as far as one line tells. */
  addLines(text: string): void {
    const pairs = text.matchAll(/([A-Za-z][\w-]*)["']?[ \t]*[:=][ \t]*["']?([^\s"',{}[\]]+)/g)
    for (const [, name = '', value] of pairs) this.addEnvironment({[name]: value})
  }

  /** The values of variables that are named like secrets, and the passwords of URLs in any. */
  addEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value] of Object.entries(environment)) {
      this.addUrl(value)
      if (value === undefined || !namesSecret(name) || saysWhere(name, value)) continue
      this.add(value)
      if (/auth/i.test(name)) for (const pair of value.split(',')) this.add(pair.slice(pair.indexOf(':') + 1))
    }
  }

  mask(text: string): string {
    // Asked first: a fleet's snapshot has a hundred thousand texts, and hardly one is an address.
    const masked = text.includes('://')
      ? text
          .replace(userInfo, (_all, scheme: string, user: string) => `${scheme}${user}:${replacement}@`)
          .replace(secretParameter, (_all, name: string) => `${name}${replacement}`)
      : text
    if (this.#known.size === 0) return masked
    this.#pattern ??= new RegExp(
      [...this.#known]
        .sort((a, b) => b.length - a.length)
        .map(secret =>
          plainWord.test(secret) ? `(?<![\\w.-])${secret}(?!-|\\.?\\w)` : escapePattern(secret),
        )
        .join('|'),
      'g',
    )
    return masked.replace(this.#pattern, replacement)
  }

  /** Masks every string of a plain JSON value, keys too. */
  maskDeep<T>(value: T): T {
    return this.#maskAny(value) as T
  }

  #maskAny(value: unknown): unknown {
    if (typeof value === 'string') return this.mask(value)
    if (Array.isArray(value)) return value.map(item => this.#maskAny(item))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.mask(key), this.#maskAny(item)]),
    )
  }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
