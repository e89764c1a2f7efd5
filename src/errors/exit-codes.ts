/** The only place with exit numbers. 1 to 3 are verdicts and nothing else. */
export const exitCodes = {
  done: 0,
  warning: 1,
  critical: 2,
  unknown: 3,
  usage: 64,
  unavailable: 69,
  bug: 70,
  gaveUp: 75,
  permission: 77,
  configuration: 78,
  noSuchCommand: 127,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitName = keyof typeof exitCodes

/** What each code means, for help and docs. */
export const exitMeanings: Record<ExitName, string> = {
  done: 'healthy, or done',
  warning: 'at least one warning, nothing worse',
  critical: 'at least one critical finding',
  unknown: 'could not tell',
  usage: 'wrong flags or arguments, or a question that could not be asked',
  unavailable: 'something needed is missing or failed (Docker, Compose)',
  bug: 'a bug in hub-mon',
  gaveUp: 'gave up waiting',
  permission: 'permission denied',
  configuration: 'the configuration is wrong',
  noSuchCommand: 'no such command',
  interrupted: 'interrupted (Ctrl-C)',
  terminated: 'terminated',
}
