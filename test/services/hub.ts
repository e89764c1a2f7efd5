import {execFile, type SpawnOptions, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const composeFile = path.join(root, 'docker-compose.monitoring.yml')
const run = promisify(execFile)

export type Run = {code: number | null; stdout: string; stderr: string}

/** A hub of its own, from the repository's compose file; takes nothing from the surroundings and leaves nothing behind. */
export class TestHub {
  readonly project: string
  readonly file: string
  readonly environment: NodeJS.ProcessEnv

  constructor(
    file = composeFile,
    environment: Record<string, string> = {},
    project = `t-${randomBytes(4).toString('hex')}`,
  ) {
    this.file = file
    this.project = project
    const {NODE_EXTRA_CA_CERTS: _unused, COMPOSE_PROJECT_NAME: _other, ...own} = process.env
    this.environment = {...own, NO_COLOR: '1', FLOWER_PORT: '0', HUB_STOP_GRACE: '20s', ...environment}
  }

  container(service: string): string {
    return `${this.project}-${service}`
  }

  /** Runs hub-mon on this hub. */
  mon(...args: string[]): Promise<Run> {
    return this.start(args).ended
  }

  start(args: string[], options: SpawnOptions = {}) {
    const child = spawn(
      process.execPath,
      [path.join(root, 'bin/run.js'), ...args, '--project-name', this.project, '--file', this.file],
      {cwd: root, env: this.environment, stdio: ['ignore', 'pipe', 'pipe'], ...options},
    )
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', chunk => {
      stdout += chunk
    })
    child.stderr?.on('data', chunk => {
      stderr += chunk
    })
    const ended = new Promise<Run>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve({code, stdout, stderr}))
    })
    return {child, ended, output: () => stdout}
  }

  async compose(...args: string[]): Promise<string> {
    const env = {...this.environment, COMPOSE_PROJECT_NAME: this.project}
    const {stdout} = await run('docker', ['compose', '-f', this.file, ...args], {env, cwd: root})
    return stdout
  }

  /** Asks the engine directly, so that what hub-mon says can be held against it. */
  async containers(): Promise<string[]> {
    return list('ps', '--all', '--filter', this.#label, '--format', '{{.Names}}')
  }

  async volumes(): Promise<string[]> {
    return list('volume', 'ls', '--filter', this.#label, '--format', '{{.Name}}')
  }

  /** Sends a task of the sample application. */
  async send(task: string, ...args: unknown[]): Promise<void> {
    const call = [
      'celery',
      '-A',
      'app.celery_app',
      'call',
      `app.tasks.${task}`,
      '--args',
      JSON.stringify(args),
    ]
    await docker('exec', this.container('celery-worker'), ...call)
  }

  async remove(): Promise<void> {
    const containers = await this.containers()
    if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
    const networks = await list('network', 'ls', '--filter', this.#label, '--format', '{{.Name}}')
    if (networks.length > 0) await docker('network', 'rm', ...networks)
    const volumes = await this.volumes()
    if (volumes.length > 0) await docker('volume', 'rm', ...volumes)
  }

  get #label(): string {
    return `label=com.docker.compose.project=${this.project}`
  }
}

export async function docker(...args: string[]): Promise<string> {
  const {stdout} = await run('docker', args, {maxBuffer: 16 * 1024 * 1024})
  return stdout
}

async function list(...args: string[]): Promise<string[]> {
  return (await docker(...args)).split('\n').filter(line => line !== '')
}

/** Asks again until the answer counts, and gives it. Throws when none has come in time. */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => T | Promise<T>,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false)
      return answer as NonNullable<Exclude<T, false>>
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
