/** What a shell needs to know of a command. */
export type CompletedCommand = {
  /** Words as typed: `config show`. */
  words: string
  summary: string
  /** `--file`, with its dashes. */
  flags: string[]
  /** Values that the next free word may have. */
  values: string[]
}

export const shells = ['bash', 'zsh'] as const
export type Shell = (typeof shells)[number]

/** A script for the shell to evaluate; it holds all words, so that completing never starts hub-mon. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return shell === 'bash' ? bash(commands) : zsh(commands)
}

function bash(commands: readonly CompletedCommand[]): string {
  const cases = placesIn(commands)
    .map(({words, below, other}) => {
      const offered = quote([...below, ...other].join(' '))
      const later = below.length === 0 ? '' : `; (( at < COMP_CWORD )) && words=${quote(other.join(' '))}`
      return `      ${quote(words)}) words=${offered}${later} ;;`
    })
    .join('\n')
  return `# bash completion for hub-mon: eval "$(hub-mon completion bash)"
_hub_mon() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words command at
  COMPREPLY=()
  case $previous in
    --file|-f|--config|--save|--saved|--from|--output|--tls-cert|--tls-key) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  command=\${COMP_WORDS[1]}
  for (( at = 2; at < COMP_CWORD; at++ )); do
    case "$command \${COMP_WORDS[at]}" in
      ${longer(commands)}) command="$command \${COMP_WORDS[at]}" ;;
      *) break ;;
    esac
  done
  if [[ $COMP_CWORD -eq 1 ]]; then
    words=${quote(firstWords(commands).join(' '))}
  else
    case $command in
${cases}
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _hub_mon hub-mon
`
}

function zsh(commands: readonly CompletedCommand[]): string {
  const described = firstWords(commands).map(word => {
    const summary = commands.find(({words}) => words === word)?.summary ?? `${word} commands`
    return `    ${quote(`${word}:${summary.replaceAll(':', '\\:')}`)}`
  })
  const cases = placesIn(commands)
    .map(({words, below, other}) => {
      const add = (these: readonly string[]) =>
        these.length === 0 ? '' : ` compadd -- ${these.map(quote).join(' ')};`
      const first = below.length === 0 ? '' : ` (( at == CURRENT )) &&${add(below)}`
      return `    ${quote(words)})${first}${add(other)};`.replace(/;*$/, ' ;;')
    })
    .join('\n')
  return `#compdef hub-mon
# zsh completion for hub-mon: eval "$(hub-mon completion zsh)"
_hub_mon() {
  local command=$words[2] at
  local -a commands=(
${described.join('\n')}
  )
  case $words[CURRENT-1] in
    --file|-f|--config|--save|--saved|--from|--output|--tls-cert|--tls-key) _files; return ;;
  esac
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  for (( at = 3; at < CURRENT; at++ )); do
    case "$command $words[at]" in
      ${longer(commands)}) command="$command $words[at]" ;;
      *) break ;;
    esac
  done
  case $command in
${cases}
  esac
}
compdef _hub_mon hub-mon
`
}

function firstWords(commands: readonly CompletedCommand[]): string[] {
  return [...new Set(commands.map(({words}) => words.split(' ')[0] ?? words))].sort()
}

/** Every command and topic as typed, with the words that may follow it at once, and what may follow at any place. */
function placesIn(
  commands: readonly CompletedCommand[],
): {words: string; below: string[]; other: string[]}[] {
  return beginnings(commands).map(words => {
    const command = commands.find(one => one.words === words)
    return {
      words,
      below: beginnings(commands).flatMap(one =>
        one.startsWith(`${words} `) && !one.slice(words.length + 1).includes(' ')
          ? [one.slice(words.length + 1)]
          : [],
      ),
      other: command === undefined ? [] : [...command.values, ...command.flags],
    }
  })
}

/** `workers`, `workers pool`, `workers pool grow`. */
function beginnings(commands: readonly CompletedCommand[]): string[] {
  const all = commands.flatMap(({words}) =>
    words.split(' ').map((_word, place, list) => list.slice(0, place + 1).join(' ')),
  )
  return [...new Set(all)].sort()
}

/** What has more words than one, as a pattern of `case`. */
function longer(commands: readonly CompletedCommand[]): string {
  return beginnings(commands)
    .filter(words => words.includes(' '))
    .map(quote)
    .join('|')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
