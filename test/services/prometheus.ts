import {type ChildProcess, spawn} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {freePort} from './redis.ts'

export type Prometheus = {
  /** The instant vector that a query gives: labels and value of each series. */
  query: (expression: string) => Promise<{labels: Record<string, string>; value: number}[]>
  /** Names of alerts that fire. */
  firing: () => Promise<string[]>
  /** What it says of its only target. */
  target: () => Promise<{health: string; lastError: string}>
  stop: () => Promise<void>
}

/** A real Prometheus on loopback that scrapes one place every second, with its data in a folder of its own. */
export async function startPrometheus({
  scrapes,
  rules,
}: {
  scrapes: string
  rules?: string
}): Promise<Prometheus> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-prometheus-'))
  const port = await freePort()
  const config = {
    global: {scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s'},
    ...(rules === undefined ? {} : {rule_files: ['rules.yml']}),
    scrape_configs: [{job_name: 'hub-mon', static_configs: [{targets: [scrapes]}]}],
  }
  // YAML is what JSON is, and more.
  await writeFile(path.join(folder, 'prometheus.yml'), JSON.stringify(config))
  if (rules !== undefined) await writeFile(path.join(folder, 'rules.yml'), rules)
  const child: ChildProcess = spawn(
    'prometheus',
    [
      `--config.file=${path.join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      '--storage.tsdb.retention.size=64MB',
      `--web.listen-address=127.0.0.1:${port}`,
      '--query.timeout=10s',
      '--log.level=warn',
    ],
    {stdio: ['ignore', 'ignore', 'pipe']},
  )
  let said = ''
  child.stderr?.on('data', chunk => {
    said = `${said}${chunk}`.slice(-4000)
  })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, {recursive: true, force: true})
  }
  // biome-ignore lint/suspicious/noExplicitAny: each of its answers has a shape of its own
  const get = async (where: string): Promise<any> => {
    const response = await fetch(`http://127.0.0.1:${port}${where}`, {signal: AbortSignal.timeout(10_000)})
    if (!response.ok) throw new Error(`${where}: ${response.status} ${await response.text()}`)
    return ((await response.json()) as {data: unknown}).data
  }
  const end = performance.now() + 30_000
  while (
    !(await fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ok}) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > end || child.exitCode !== null) {
      await stop()
      throw new Error(`prometheus did not start: ${said}`)
    }
    await pause(50)
  }
  return {
    stop,
    async query(expression) {
      const {result} = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`)
      return result.map(({metric, value}: {metric: Record<string, string>; value: [number, string]}) => ({
        labels: metric,
        value: Number(value[1]),
      }))
    },
    async firing() {
      const {alerts} = await get('/api/v1/alerts')
      return alerts
        .filter(({state}: {state: string}) => state === 'firing')
        .map(({labels}: {labels: Record<string, string>}) => labels.alertname)
    },
    async target() {
      const {activeTargets} = await get('/api/v1/targets')
      return activeTargets[0]
    },
  }
}
