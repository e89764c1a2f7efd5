/** Where an action was written down, as its output's last line; nothing where it could not be, which was warned of. */
export function recordedIn(journal: string | null): string {
  return journal === null ? '' : `Recorded in ${journal}\n`
}
