import {spawn} from 'node:child_process'

/** Hands a URL to the desktop. False when there is no desktop, or nothing that opens URLs. */
export async function openUrl(url: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const program = opener(environment)
  if (program === null) return false
  return new Promise(resolve => {
    const child = spawn(program, [url], {detached: true, stdio: 'ignore'})
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

function opener(environment: NodeJS.ProcessEnv): string | null {
  if (process.platform === 'darwin') return 'open'
  if (process.platform !== 'linux') return null
  const desktop = environment.DISPLAY || environment.WAYLAND_DISPLAY
  return desktop === undefined || desktop === '' ? null : 'xdg-open'
}
