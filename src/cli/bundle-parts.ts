import os from 'node:os'
import {lastActions} from '../broker/journal.ts'
import {mostTextBytes} from '../bundle/assemble.ts'
import type {Part} from '../bundle/entry.ts'
import {lastLines} from '../bundle/last-lines.ts'
import {reportJson, statsJson} from '../render/json.ts'
import {renderStats} from '../render/stats/tables.ts'
import type {View} from '../render/view.ts'
import type {Report} from '../report/report.ts'
import {statsVerdict} from '../report/stats-verdict.ts'
import {maskLogLine} from '../snapshot/mask-log-line.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {SourceError} from '../snapshot/source-error.ts'
import {readShownConfig} from '../sources/compose/shown-config.ts'
import {readEngineInfo} from '../sources/docker/engine-info.ts'
import {readRedisDetails} from '../sources/redis/details.ts'
import type {RedisReach} from '../sources/redis/reach.ts'
import {readStackLogs} from '../stack/logs.ts'
import type {Context} from './context.ts'
import type {Hub} from './hub.ts'

/** Lines of each service's log. */
const logLines = 1000
/** Of all services together; one has no more than any text. */
const mostLogBytes = 8 * 1024 * 1024
const journalLines = 200

/** For a file: nothing is cut, nothing coloured, all evidence. */
const view: View = {columns: 120, color: false, unicode: true, fit: false, verbosity: 'verbose'}

/** What a bundle holds beside its index. What was seen was looked at before; the rest is read when it is asked for. */
export function partsOf(
  context: Context,
  hub: Hub,
  {snapshot, found, measured}: {snapshot: Snapshot; found: Report; measured: Report},
  reach: (within: AbortSignal) => Promise<RedisReach>,
): Part[] {
  return [
    {name: 'snapshot.json', what: 'what was seen, for doctor --from', read: async () => ({json: snapshot})},
    {name: 'report.txt', what: 'what is wrong', read: async () => linesOf(await reportText(found))},
    {
      name: 'report.json',
      what: 'the same for programs, as data of doctor --json',
      read: async () => ({json: reportJson(found)}),
    },
    {
      name: 'stats.txt',
      what: 'how the hub does',
      read: async () => linesOf(await renderStats(measured, view, {})),
    },
    {
      name: 'stats.json',
      what: 'the same for programs, as data of stats --json',
      read: async () => ({
        json: statsJson({...measured, verdict: statsVerdict(measured.samples, measured.unread)}),
      }),
    },
    {
      name: 'versions.json',
      what: 'versions of everything that takes part',
      read: async () => ({json: versionsOf(context, snapshot)}),
    },
    ...logsOf(context, hub, snapshot),
    {
      name: 'engine.json',
      what: 'what the Docker engine says of itself',
      read: async within => ({json: await readEngineInfo(await composed(hub).engine(), within)}),
    },
    {
      name: 'compose-config.yml',
      what: 'the compose file as Compose resolves it',
      read: async within => {
        const {target, environment} = composed(hub)
        if (target.composeFile === null)
          throw new SourceError('no-file', 'the compose file of the project is not known')
        const project = {file: target.composeFile, project: target.project ?? '', environment}
        return linesOf(await readShownConfig(project, context.secrets, within))
      },
    },
    {
      name: 'redis-info.txt',
      what: 'what Redis says of itself: INFO, settings, connections, slow commands',
      read: async within => linesOf(await readRedisDetails(await reach(within), within)),
    },
    {
      name: 'actions.jsonl',
      what: 'what was done here with hub-mon',
      read: async () => ({lines: await lastActions(process.env, journalLines)}),
    },
  ]
}

/** A file for each service, its containers' lines in time order. */
function logsOf({secrets}: Context, hub: Hub, {sources}: Snapshot): Part[] {
  const docker = sources.docker
  const what = `the last ${logLines} lines of its log`
  if (docker === undefined || docker.status === 'unavailable') {
    const read = async () => {
      composed(hub)
      throw new SourceError(
        docker?.error.code ?? 'not-read',
        docker?.error.message ?? 'the engine was not asked',
      )
    }
    return [{name: 'logs/', what: 'logs of the services', read}]
  }
  const containers = factsFrom(docker)?.containers ?? []
  const services = [...new Set(containers.map(({service}) => service))].sort()
  const most = Math.min(mostTextBytes, mostLogBytes / Math.max(1, services.length))
  return services.map(service => ({
    name: `logs/${fileName(service)}.log`,
    what,
    maskLine: (line: string) => maskLogLine(line, secrets),
    read: async within => {
      const own = containers.filter(container => container.service === service)
      const from = readStackLogs(
        await hub.engine(),
        own,
        {follow: false, tail: logLines, since: null},
        within,
      )
      const {lines, dropped} = await lastLines(textOf(from, own.length > 1), most)
      within.throwIfAborted()
      return {lines, truncated: dropped === 0 ? null : `${dropped} lines before were too long to keep`}
    },
  }))
}

async function* textOf(lines: ReturnType<typeof readStackLogs>, several: boolean): AsyncGenerator<string> {
  for await (const {time, container, text} of lines)
    yield `${time} ${several ? `${container} ` : ''}${text.replace(/\u001b\[[0-9;]*m/g, '')}`
}

/** Throws where there is no compose project. */
function composed(hub: Hub): Hub {
  if (hub.target.kind === 'compose') return hub
  throw new SourceError('not-part-of-the-hub', 'this hub is only addresses: no Compose, no containers')
}

async function reportText(found: Report): Promise<string> {
  const {doctorFormats} = await import('../render/doctor/registry.ts')
  return doctorFormats.table(found, view)
}

function linesOf(text: string): {lines: string[]} {
  return {lines: text.replace(/\n$/, '').split('\n')}
}

/** A service is named as its maker likes; a file is not. */
function fileName(service: string): string {
  return service
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80)
}

function versionsOf({tool}: Context, {sources}: Snapshot) {
  const nodes = factsFrom(sources.celery)?.nodes ?? []
  return {
    hubMon: tool,
    node: process.version,
    system: {platform: process.platform, arch: process.arch, release: os.release()},
    engine: factsFrom(sources.docker)?.engine.version ?? null,
    compose: factsFrom(sources.compose)?.binary.version ?? null,
    redis: factsFrom(sources.redis)?.version ?? null,
    flower: factsFrom(sources.flower)?.version ?? null,
    nodes: nodes.map(({name, version, kombuVersion, pythonVersion}) => ({
      node: name,
      celery: version,
      kombu: kombuVersion ?? null,
      python: pythonVersion ?? null,
    })),
    images: (factsFrom(sources.docker)?.containers ?? []).map(({service, image}) => ({service, image})),
  }
}
