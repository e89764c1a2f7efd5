import {tmpdir} from 'node:os'
import {dirname} from 'node:path'
import type {ComposeBinary} from '../../snapshot/compose.ts'
import {type ProcessResult, runProcess, streamProcess} from './process.ts'

/** What Compose acts on. */
export type ComposeProject = {
  /** Absolute path of the compose file; without one Compose v2 goes by the labels of the containers. */
  file: string | null
  project: string
  /** Variables for the compose file; may hold secrets. */
  environment: Readonly<Record<string, string>>
}

/** Runs a Compose command to its end and gives what it printed. A file `-` is read from `input`. */
export function askCompose(
  binary: ComposeBinary,
  args: readonly string[],
  project: ComposeProject,
  signal: AbortSignal,
  input?: string,
): Promise<ProcessResult> {
  const {plugin, command} = binary
  const asked = plugin === undefined ? command : [plugin]
  return runProcess(commandLine({...binary, command: asked}, args, project), {
    ...surroundings(binary, project),
    ...(input === undefined ? {} : {input}),
    signal,
  })
}

/** Runs a Compose command and hands on each line as it comes; gives the exit code and the last lines. */
export function runCompose(
  binary: ComposeBinary,
  args: readonly string[],
  project: ComposeProject,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<{exitCode: number; lines: string[]}> {
  return streamProcess(commandLine(binary, args, project), {...surroundings(binary, project), signal}, onLine)
}

function commandLine(
  {command}: ComposeBinary,
  args: readonly string[],
  {file, project}: ComposeProject,
): [string, ...string[]] {
  const [program = 'docker', ...rest] = command
  return [program, ...rest, '--project-name', project, ...(file === null ? [] : ['--file', file]), ...args]
}

function surroundings(binary: ComposeBinary, {file, project, environment}: ComposeProject) {
  return {
    // Elsewhere than here, or Compose would take a file that lies in the working directory.
    directory: file === null || file === '-' ? tmpdir() : dirname(file),
    environment: {
      ...environment,
      COMPOSE_PROJECT_NAME: project,
      COMPOSE_ANSI: 'never',
      COMPOSE_PROGRESS: 'plain',
      // Python's requests in v1 takes it for the engine's certificate authority, too.
      ...(binary.major === 1 ? {REQUESTS_CA_BUNDLE: undefined} : {}),
    },
  }
}
