import {spawn} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {freePort} from './redis.ts'

/** An alert as its v2 API tells it. */
export type TakenAlert = {
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  endsAt: string
  status: {state: 'unprocessed' | 'active' | 'suppressed'; silencedBy: string[]}
}

export type AlertmanagerService = {
  url: string
  /** Those that are not resolved. */
  alerts: () => Promise<TakenAlert[]>
  /** Silences alerts with this label for ten minutes. */
  silence: (label: string, value: string) => Promise<void>
  stop: () => Promise<void>
}

/** A real Alertmanager on a free port of 127.0.0.1 that tells nobody, without a cluster; on a port of its own where one is given. */
export async function startAlertmanager(given?: number): Promise<AlertmanagerService> {
  const port = given ?? (await freePort())
  const directory = await mkdtemp(join(tmpdir(), 'hub-mon-alertmanager-'))
  const config = join(directory, 'alertmanager.yml')
  await writeFile(config, 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n')
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    {stdio: 'ignore'},
  )
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
  ended.catch(() => {})
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    await rm(directory, {recursive: true, force: true})
  }
  const end = performance.now() + 15_000
  while (
    !(await fetch(`${url}/-/ready`).then(
      ({ok}) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > end || child.exitCode !== null) {
      await stop()
      throw new Error('prometheus-alertmanager did not start')
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    url,
    stop,
    async alerts() {
      return (await (await fetch(`${url}/api/v2/alerts`)).json()) as TakenAlert[]
    },
    async silence(name, value) {
      const now = Date.now()
      const {ok} = await fetch(`${url}/api/v2/silences`, {
        method: 'POST',
        headers: {'content-type': 'application/json'},
        body: JSON.stringify({
          matchers: [{name, value, isRegex: false, isEqual: true}],
          startsAt: new Date(now).toISOString(),
          endsAt: new Date(now + 600_000).toISOString(),
          ...{createdBy: 'test', comment: 'test'},
        }),
      })
      if (!ok) throw new Error('the silence was not taken')
    },
  }
}
