/** Told by the words as they stand, so that a wrong flag, or no such command, is answered in JSON, too. */
export function wantsJson(argv: readonly string[], environment: NodeJS.ProcessEnv): boolean {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  return words.includes('--json') || /^(1|true|y|yes)$/i.test(environment.HUB_MON_JSON ?? '')
}
