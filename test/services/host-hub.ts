import {execFile} from 'node:child_process'
import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {type FlowerStandIn, startFlower} from '../stand-ins/flower.ts'
import {type CeleryApp, type CeleryAppOptions, createCeleryApp} from './celery.ts'
import {root} from './hub.ts'
import {hubMon, quietEnvironment} from './hub-mon.ts'
import {type RedisService, startRedis} from './redis.ts'

/** A hub without containers: a Redis that keeps its data, a Celery application, and Flower as far as it is asked for. */
export type HostHub = {
  redis: RedisService
  app: CeleryApp
  /** Flower, replayed, that sees these nodes online; the events that it counted are of the first. */
  flower: (nodes: readonly string[]) => Promise<void>
  doctor: (...words: string[]) => Promise<Diagnosis>
  /** Types a line in a shell that finds `hub-mon`. */
  type: (line: string) => Promise<Typed>
  /** How many would get a request of remote control: nodes, hung ones too. */
  listeners: () => Promise<number>
  /** Another application on the same broker; ends with the hub. */
  otherApp: (options: CeleryAppOptions, broker?: string) => Promise<CeleryApp>
  /** Carried out at the end, the last one first. */
  atEnd: (work: () => Promise<unknown>) => void
}

export type Typed = {code: number; stdout: string; stderr: string}

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
  code: number | null
  verdict: string
  /** What stands first in the report. */
  first: Finding | undefined
  /** Ids of what is worse than a notice. */
  alarms: string[]
  of: (check: string) => Finding
}

/** Makes a hub, works with it and takes it away. */
export async function onHostHub(
  options: CeleryAppOptions,
  work: (hub: HostHub) => Promise<void>,
): Promise<void> {
  const ends: (() => Promise<unknown>)[] = []
  try {
    const redis = await startRedis({
      args: ['--appendonly', 'yes', '--maxmemory', '512mb', '--maxmemory-policy', 'noeviction'],
    })
    ends.push(redis.stop)
    const backend = redis.url.replace(/0$/, '1')
    const app = await createCeleryApp(redis.url, backend, 'json', options)
    ends.push(app.stop)
    const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-typed-'))
    ends.push(() => rm(folder, {recursive: true}))
    await writeFile(path.join(folder, 'hub-mon'), `#!/bin/sh\nexec node "${root}/bin/run.js" "$@"\n`)
    await chmod(path.join(folder, 'hub-mon'), 0o755)
    const env = quietEnvironment({PATH: `${folder}:${process.env.PATH ?? ''}`, XDG_STATE_HOME: folder})
    let flower: FlowerStandIn | undefined
    ends.push(async () => flower?.close())
    await work({
      redis,
      app,
      async flower(nodes) {
        await flower?.close()
        flower = await startFlower({nodes})
      },
      async doctor(...words) {
        const flowerUrl = flower === undefined ? [] : ['--flower-url', flower.url]
        // The tasks that Flower tells of are those of a recording.
        const skip = words.includes('--only') ? [] : ['--skip', 'tasks']
        // A machine that runs a dozen nodes beside this one is slow, and that is not what is wrong here.
        const patience = ['--timeout', '15s']
        const given = [
          'doctor',
          '--json',
          '--redis-url',
          redis.url,
          ...flowerUrl,
          ...skip,
          ...patience,
          ...words,
        ]
        const {code, stdout, stderr} = await hubMon(given, {env})
        const document = JSON.parse(stdout === '' ? stderr : stdout)
        if (document.data === null) throw new Error(`doctor says: ${stdout}${stderr}`)
        const findings: Finding[] = document.data.findings
        return {
          code,
          verdict: document.data.verdict,
          first: findings[0],
          alarms: findings
            .filter(({status}) => ['critical', 'warning', 'unknown'].includes(status))
            .map(({check}) => check),
          of(check) {
            const found = findings.find(finding => finding.check === check)
            if (found === undefined) throw new Error(`no finding ${check}`)
            return found
          },
        }
      },
      type: line =>
        new Promise(resolve => {
          execFile('sh', ['-c', line], {env, cwd: folder, timeout: 60_000}, (error, stdout, stderr) =>
            resolve({
              code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
              stdout,
              stderr,
            }),
          )
        }),
      listeners: async () => Number(await redis.cli('PUBLISH', '/0.celery.pidbox', '')),
      async otherApp(other, broker = redis.url) {
        const made = await createCeleryApp(broker, backend, 'json', other)
        ends.push(made.stop)
        return made
      },
      atEnd: end => ends.push(end),
    })
  } finally {
    for (const end of ends.reverse()) await end()
  }
}
