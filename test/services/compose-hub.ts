import {randomBytes} from 'node:crypto'
import {appendFile, cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {composeFile, root, TestHub} from './hub.ts'
import {makeOperator, type Operator} from './operator.ts'

/** The shipped stack in a folder of its own, as somebody has it who copied it there, and who looks after it from that folder. */
export type ComposeHub = Operator & {
  project: string
  /** Name of a service's container. */
  container: (service: string) => string
  /** The compose file, for edits. */
  file: string
  /** The one for production, beside it. */
  productionFile: string
  /** Replaces the first such text in the compose file. Throws when there is none. */
  edit: (text: string | RegExp, by: string) => Promise<void>
  /** Sets a variable in `.env`. */
  set: (name: string, value: string) => Promise<void>
  /** The compose file and `.env` as they were. */
  restoreFile: () => Promise<void>
  /** Sends a task of the sample application. */
  send: (task: string, ...args: unknown[]) => Promise<void>
  /** Takes it away with all that belongs to it. */
  remove: () => Promise<void>
}

/** Brought up and not yet looked at. `flowerImage`: see flower-image.ts; `variables` go into `.env`. */
export async function startComposeHub(
  flowerImage: string,
  variables: Record<string, string> = {},
): Promise<ComposeHub> {
  const project = `t-${randomBytes(4).toString('hex')}`
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-stack-'))
  const file = path.join(folder, path.basename(composeFile))
  await Promise.all([
    ...[
      'docker-compose.monitoring.yml',
      'docker-compose.production.yml',
      'hub',
      'recorder',
      'production',
    ].map(name => cp(path.join(root, name), path.join(folder, name), {recursive: true})),
  ])
  const env = {
    COMPOSE_PROJECT_NAME: project,
    HUB_FLOWER_IMAGE: flowerImage,
    // A free one, so that many hubs can stand side by side.
    FLOWER_PORT: '0',
    HUB_STOP_GRACE: '20s',
    // The engine calls unhealthy what was paused, until it has asked again.
    HUB_HEALTH_INTERVAL: '10s',
    ...variables,
  }
  const variablesFile = path.join(folder, '.env')
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(variablesFile, lines.join(''))
  // The tasks that Flower tells of are those of a recording.
  const operator = await makeOperator(folder, {doctorWords: () => ['--skip', 'tasks']})
  const stack = new TestHub(file, {}, project)
  const original = await readFile(file, 'utf8')
  const hub: ComposeHub = {
    ...operator,
    ...{project, file, productionFile: path.join(folder, 'docker-compose.production.yml')},
    container: service => stack.container(service),
    async edit(text, by) {
      const now = await readFile(file, 'utf8')
      const edited = now.replace(text, () => by)
      if (edited === now) throw new Error(`the compose file does not have: ${text}`)
      await writeFile(file, edited)
    },
    set: (name, value) => appendFile(variablesFile, `${name}=${value}\n`),
    async restoreFile() {
      await writeFile(file, original)
      await writeFile(variablesFile, lines.join(''))
    },
    send: (task, ...args) => stack.send(task, ...args),
    async remove() {
      await stack.remove()
      await rm(folder, {recursive: true})
    },
  }
  const {code, stderr} = await hub.type('hub-mon up')
  if (code === 0) return hub
  await hub.remove()
  throw new Error(`the stack did not come up: ${stderr}`)
}
