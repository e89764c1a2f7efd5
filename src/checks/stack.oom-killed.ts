import {bytes} from '../render/text/bytes.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import {defineCheck, fail, onCompose, pass, skip} from './check.ts'
import {hubMon} from './names.ts'
import {severityOf, worst} from './stack-severity.ts'

export const stackOomKilled = defineCheck({
  id: 'stack.oom-killed',
  category: 'stack',
  title: 'Nothing was killed for memory',
  why: 'A process that the kernel kills for memory says nothing in its log; its running tasks are lost or run again.',
  looksAt: "The engine's OOMKilled flag; it is also set when a pool process alone was killed.",
  confirm: ["docker inspect --format '{{.State.OOMKilled}}' hub-celery-worker", 'docker stats --no-stream'],
  cure: ['# raise mem_limit in the compose file, or set --max-memory-per-child, then: hub-mon up'],
  severity: 'critical',
  phase: 'running',
  needs: ['docker'],
  appliesTo: onCompose,
  judge(snapshot, {docker}) {
    if (docker.containers.length === 0) return skip('there is no stack')
    const killed = docker.containers.filter(({oomKilled}) => oomKilled)
    if (killed.length === 0) return pass('none')
    return fail(
      killed
        .map(({service, state, limits}) => {
          const what = state === 'running' ? 'had a process killed for memory' : 'was killed for memory'
          return `${service} ${what} (${limits.memoryBytes === null ? 'no limit set' : `limit ${bytes(limits.memoryBytes)}`})`
        })
        .join('; '),
      {
        severity: worst(killed.map(({role, state}) => (state === 'running' ? 'warning' : severityOf(role)))),
        affects: [...new Set(killed.map(({service}) => service))],
        evidence: killed.map(({name, limits}) => ({
          ...{label: `memory limit of ${name}`, value: limits.memoryBytes, unit: 'bytes'},
        })),
        remedies: [
          decide('raise mem_limit of the service, or make it use less (worker: --max-memory-per-child)'),
          cureBy('apply it', ...hubMon(snapshot, 'up')),
          ...killed.map(({name}) =>
            confirmBy('the flag', 'docker', 'inspect', '--format', '{{json .State}}', name),
          ),
        ],
      },
    )
  },
})
