import {spawn} from 'node:child_process'
import {chmod, mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {commandLine} from '../../src/render/text/shell.ts'
import {root} from './hub.ts'
import {quietEnvironment} from './hub-mon.ts'
import {onAnsweringTerminal} from './terminal.ts'

/** Somebody who looks after a hub: a folder they are in, variables that they have exported, and a shell that finds `hub-mon`. */
export type Operator = {
  readonly folder: string
  /** What is changed here holds for all that is typed afterwards. */
  readonly env: NodeJS.ProcessEnv
  /** Words in front of the shell, e.g. `setpriv --bounding-set=-dac_override`; none as long as nobody adds them. */
  readonly as: string[]
  /** Types lines into one shell, word for word; with an answer to the question that they ask, on a terminal. */
  type: (lines: string, answer?: string) => Promise<Typed>
  /** Types `hub-mon doctor --json` and these words. */
  doctor: (...words: string[]) => Promise<Diagnosis>
  /** Types a line and then `doctor` into the same shell: for what only that one remembers. Throws when the line fails. */
  doctorAfter: (line: string, ...words: string[]) => Promise<Diagnosis>
}

export type Typed = {code: number; stdout: string; stderr: string; seconds: number}

export type Finding = {
  check: string
  status: 'pass' | 'notice' | 'warning' | 'critical' | 'unknown' | 'skipped'
  message: string
  evidence: {label: string; value: unknown; unit: string | null; bound: string | null}[]
  affects: string[]
  remedies: {kind: 'confirm' | 'cure'; text: string; line: string | null}[]
  becauseOf: string | null
}

export type Diagnosis = {
  code: number
  verdict: string
  /** In the report's order. */
  findings: Finding[]
  /** What stands first in the report. */
  first: Finding | undefined
  /** Ids of what is worse than a notice. */
  alarms: string[]
  of: (check: string) => Finding
  /** The line that doctor closes with. */
  next: string | null
  /** Sources that could not be read, or not wholly, and why. */
  unread: {source: string; code: string}[]
  /** From start to end of the process. */
  seconds: number
}

/** Nobody waits for longer: a cure may restart a service, which may take a minute. */
const longestSeconds = 120

/** None of hub-mon's own exit codes. */
const lineFailed = 90

/** `doctorWords` are what they type with every `doctor`, e.g. `--redis-url`; given the others that they type. */
export async function makeOperator(
  folder: string,
  {
    env = {},
    doctorWords = () => [],
  }: {env?: Record<string, string>; doctorWords?: (words: readonly string[]) => readonly string[]} = {},
): Promise<Operator> {
  const programs = path.join(folder, '.local/bin')
  await mkdir(programs, {recursive: true})
  await writeFile(path.join(programs, 'hub-mon'), `#!/bin/sh\nexec node "${root}/bin/run.js" "$@"\n`)
  await chmod(path.join(programs, 'hub-mon'), 0o755)
  const doctorLine = (words: readonly string[]) =>
    commandLine(['hub-mon', 'doctor', '--json', ...doctorWords(words), ...words])
  const operator: Operator = {
    folder,
    env: quietEnvironment({
      PATH: `${programs}:${process.env.PATH ?? ''}`,
      XDG_STATE_HOME: path.join(folder, '.local/state'),
      ...env,
    }),
    as: [],
    type(lines, answer) {
      const shell = [...operator.as, 'sh', '-c', lines]
      return run(answer === undefined ? shell : onAnsweringTerminal(shell, answer), operator)
    },
    doctor: async (...words) => diagnosisIn(await operator.type(doctorLine(words))),
    async doctorAfter(line, ...words) {
      const typed = await operator.type(`{ ${line}\n} >&2 || exit ${lineFailed}\n${doctorLine(words)}`)
      if (typed.code === lineFailed) throw new Error(`${line} failed:\n${typed.stderr}`)
      return diagnosisIn(typed)
    },
  }
  return operator
}

function run([program = '', ...words]: readonly string[], {folder, env}: Operator): Promise<Typed> {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      ...{cwd: folder, env, timeout: longestSeconds * 1000},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = {stdout: '', stderr: ''}
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text
      })
    child.once('error', reject)
    child.once('close', code =>
      resolve({code: code ?? -1, ...output, seconds: (performance.now() - start) / 1000}),
    )
  })
}

/** Throws what doctor said where it was no diagnosis. */
function diagnosisIn({code, stdout, stderr, seconds}: Typed): Diagnosis {
  const data = stdout.startsWith('{') ? JSON.parse(stdout).data : null
  if (data === null) throw new Error(`doctor ended with ${code}:\n${stdout}${stderr}`)
  const findings: Finding[] = data.findings
  return {
    ...{code, seconds, findings},
    verdict: data.verdict,
    first: findings[0],
    alarms: findings.filter(isAlarm).map(({check}) => check),
    of(check) {
      const found = findings.find(finding => finding.check === check)
      if (found === undefined) throw new Error(`no finding ${check}`)
      return found
    },
    next: data.next?.line ?? null,
    unread: data.unread,
  }
}

export function isAlarm({status}: Finding): boolean {
  return status === 'critical' || status === 'warning' || status === 'unknown'
}
