import {execFile} from 'node:child_process'
import {promisify} from 'node:util'

const run = promisify(execFile)

/** What promtool says; throws with its words when it is not content. */
export async function promtool(...words: string[]): Promise<string> {
  const {stdout} = await run('promtool', words, {timeout: 60_000, maxBuffer: 64 * 1024 * 1024}).catch(
    ({stdout = '', stderr = '', message}) => {
      throw new Error(`promtool ${words.join(' ')}: ${stdout}${stderr || message}`)
    },
  )
  return stdout
}
