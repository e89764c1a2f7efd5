/** Whether a name matches a pattern in which `*` stands for any characters and `?` for one. Linear, whatever the pattern. */
export function matchesGlob(name: string, glob: string): boolean {
  let at = 0
  let place = 0
  let star = -1
  let resumeAt = 0
  while (at < name.length) {
    if (glob[place] === '*') {
      star = place
      place += 1
      resumeAt = at
    } else if (place < glob.length && (glob[place] === '?' || glob[place] === name[at])) {
      at += 1
      place += 1
    } else if (star !== -1) {
      // The last star takes one character more.
      resumeAt += 1
      at = resumeAt
      place = star + 1
    } else return false
  }
  while (glob[place] === '*') place += 1
  return place === glob.length
}
