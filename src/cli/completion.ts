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
  const cases = commands
    .map(
      ({words, flags, values}) => `    ${quote(words)}) words=${quote([...values, ...flags].join(' '))} ;;`,
    )
    .join('\n')
  return `# bash completion for hub-mon: eval "$(hub-mon completion bash)"
_hub_mon() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words command
  COMPREPLY=()
  case $previous in
    --file|-f|--config|--save|--saved|--from) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  command=\${COMP_WORDS[1]}
  [[ $command == config && $COMP_CWORD -gt 2 ]] && command="config \${COMP_WORDS[2]}"
  if [[ $COMP_CWORD -eq 1 ]]; then
    words=${quote(firstWords(commands).join(' '))}
  elif [[ $command == config ]]; then
    words=${quote(secondWords(commands, 'config').join(' '))}
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
  const cases = commands
    .map(
      ({words, flags, values}) =>
        `    ${quote(words)}) compadd -- ${[...values, ...flags].map(quote).join(' ')} ;;`,
    )
    .join('\n')
  return `#compdef hub-mon
# zsh completion for hub-mon: eval "$(hub-mon completion zsh)"
_hub_mon() {
  local command=$words[2]
  local -a commands=(
${described.join('\n')}
  )
  case $words[CURRENT-1] in
    --file|-f|--config|--save|--saved|--from) _files; return ;;
  esac
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  if [[ $command == config ]]; then
    if (( CURRENT == 3 )); then compadd -- ${secondWords(commands, 'config').join(' ')}; return; fi
    command="config $words[3]"
  fi
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

function secondWords(commands: readonly CompletedCommand[], first: string): string[] {
  return commands.flatMap(({words}) => {
    const [topic, word] = words.split(' ')
    return topic === first && word !== undefined ? [word] : []
  })
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
