import {spawn} from 'node:child_process'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {root} from './hub.ts'
import {type Ended, quietEnvironment} from './hub-mon.ts'

export type Measured = Ended & {seconds: number; maxRssBytes: number}

/** Runs hub-mon as it is shipped, away from any hub of the machine's, and says what it took. */
export async function measureHubMon(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<Measured> {
  const start = performance.now()
  const child = spawn(
    process.execPath,
    ['--require', path.join(root, 'test/services/max-rss.cjs'), path.join(root, 'bin/run.js'), ...words],
    {cwd: tmpdir(), env: quietEnvironment(environment), stdio: ['ignore', 'pipe', 'pipe', 'pipe']},
  )
  const texts = [1, 2, 3].map(async descriptor => {
    let text = ''
    for await (const chunk of (child.stdio[descriptor] as NodeJS.ReadableStream).setEncoding('utf8'))
      text += chunk
    return text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [stdout = '', stderr = '', kibibytes = ''] = await Promise.all(texts)
  return {
    code,
    stdout,
    stderr,
    seconds: (performance.now() - start) / 1000,
    maxRssBytes: Number(kibibytes) * 1024,
  }
}
