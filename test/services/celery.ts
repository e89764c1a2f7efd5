import {type ChildProcess, type ChildProcessByStdio, execFile, spawn} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Readable, Writable} from 'node:stream'
import {promisify} from 'node:util'

const run = promisify(execFile)
/** The distribution's Python, which has the distribution's Celery. */
const python = process.env.HUB_MON_TEST_PYTHON ?? '/usr/bin/python3'

const app = `
import json, os, time
from celery import Celery

app = Celery('tasks', broker=os.environ['TEST_BROKER'], backend=os.environ.get('TEST_BACKEND'))
app.conf.update(result_extended=True, broker_connection_retry_on_startup=True)
app.conf.update(task_serializer=os.environ['TEST_SERIALIZER'], accept_content=['json', 'pickle'])
app.conf.update(json.loads(os.environ['TEST_CONF']))

@app.task
def add(a, b):
    return a + b

@app.task
def sleepy(seconds, *_):
    time.sleep(seconds)

@app.task(acks_late=True)
def late(seconds, *_):
    time.sleep(seconds)

@app.task(bind=True, max_retries=1, default_retry_delay=0)
def again(self):
    if self.request.retries == 0: raise self.retry()

@app.task
def boom(message):
    raise ValueError(message)

@app.task
def nan():
    return float('nan')
`

export type CeleryApp = {
  /** Starts a worker and waits until it is ready. */
  worker: (...words: string[]) => Promise<WorkerService>
  /** Runs Python with the module `tasks` at hand. */
  python: (code: string) => Promise<string>
  /** Starts the same and does not wait for it; whoever starts it ends it. */
  start: (code: string) => ChildProcess
  /** Starts a Python program that has the module `tasks` at hand; it ends with its stdin. */
  program: (file: string) => ChildProcessByStdio<Writable, Readable, null>
  /** Runs the `celery` command on the app. */
  celery: (...words: string[]) => Promise<string>
  /** Ends every worker that still runs, and takes the files away. */
  stop: () => Promise<void>
}

export type CeleryAppOptions = {
  /** Settings of Celery over those of the app, e.g. `{worker_prefetch_multiplier: 10}`. */
  conf?: Record<string, unknown>
  /** Python after the tasks that every app has. */
  tasks?: string
  /** Where it can be seen that nodes listen, if not by the broker's URL and in its database. */
  listensAt?: {redisCli: readonly string[]; channel: string}
  /** How far the clock of its workers is off, as libfaketime takes it: `+1h`. */
  clock?: string
}

export type WorkerService = {
  process: ChildProcess
  /** Resolves when it has ended, by itself or not. */
  ended: Promise<void>
  output: () => string
  stop: (signal?: NodeJS.Signals) => Promise<void>
}

/** The time of day alone is off: timers run as they should. */
function wrongClock(offset: string): Record<string, string> {
  return {
    LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1',
    ...{FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1'},
  }
}

/** A node says that it is ready a moment before it listens to remote control. */
async function listening(
  {redisCli, channel}: NonNullable<CeleryAppOptions['listensAt']>,
  nodes: number,
): Promise<void> {
  const end = performance.now() + 10_000
  for (;;) {
    // Nodes ignore an empty request; what comes back is how many would have got it.
    const {stdout} = await run('redis-cli', [...redisCli, 'PUBLISH', channel, ''])
    if (Number(stdout) >= nodes) return
    if (performance.now() > end) throw new Error(`${stdout.trim()} of ${nodes} nodes listen`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** A small Celery app in a directory of its own, run by the distribution's Celery. */
export async function createCeleryApp(
  broker: string,
  backend?: string,
  serializer: 'json' | 'pickle' = 'json',
  {
    conf = {},
    tasks = '',
    clock,
    listensAt = {
      redisCli: ['-u', broker],
      channel: `/${/\/(\d+)$/.exec(broker)?.[1] ?? 0}.celery.pidbox`,
    },
  }: CeleryAppOptions = {},
): Promise<CeleryApp> {
  const directory = await mkdtemp(join(tmpdir(), 'hub-mon-celery-'))
  await writeFile(join(directory, 'tasks.py'), `${app}\n${tasks}`)
  const environment = {
    ...process.env,
    TEST_BROKER: broker,
    TEST_SERIALIZER: serializer,
    TEST_CONF: JSON.stringify(conf),
    ...(backend === undefined ? {} : {TEST_BACKEND: backend}),
    C_FORCE_ROOT: '1',
  }
  const options = {cwd: directory, env: environment}
  const clocked = clock === undefined ? environment : {...environment, ...wrongClock(clock)}
  const workers = new Set<WorkerService>()
  const running = () =>
    [...workers].filter(({process: {exitCode, signalCode}}) => exitCode === null && signalCode === null)
  return {
    async worker(...words) {
      const child = spawn(python, ['-m', 'celery', '-A', 'tasks', 'worker', '-l', 'INFO', ...words], {
        ...{cwd: directory, env: clocked},
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own: pool processes end with their node.
        detached: true,
      })
      let output = ''
      const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
      const service: WorkerService = {
        process: child,
        ended,
        output: () => output,
        async stop(signal = 'SIGKILL') {
          workers.delete(service)
          if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
            signal === 'SIGKILL' ? process.kill(-child.pid, signal) : child.kill(signal)
          await ended
        },
      }
      workers.add(service)
      void ended.then(() => workers.delete(service))
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`the worker is not ready:\n${output}`)), 30_000)
        const onData = (chunk: Buffer) => {
          output += chunk.toString()
          if (/ ready\.$/m.test(output)) {
            clearTimeout(timer)
            resolve()
          }
        }
        child.stdout.on('data', onData)
        child.stderr.on('data', onData)
        void ended.then(() => {
          clearTimeout(timer)
          reject(new Error(`the worker ended:\n${output}`))
        })
      })
      // Without remote control it never does.
      if (conf.worker_enable_remote_control !== false) await listening(listensAt, running().length)
      return service
    },
    async python(code) {
      return (await run(python, ['-c', code], options)).stdout
    },
    program(file) {
      const env = {...environment, PYTHONPATH: directory}
      return spawn(python, [file], {env, stdio: ['pipe', 'pipe', 'ignore']})
    },
    start: code => spawn(python, ['-c', code], {...options, stdio: 'ignore'}),
    async celery(...words) {
      return (await run(python, ['-m', 'celery', '-A', 'tasks', ...words], options)).stdout
    },
    async stop() {
      await Promise.all([...workers].map(worker => worker.stop()))
      await rm(directory, {recursive: true, force: true})
    },
  }
}
