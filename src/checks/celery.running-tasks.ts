import {celeryTaskRunningSeconds} from '../metrics/celery-task-running-seconds.ts'
import {evaluate} from '../metrics/evaluate.ts'
import type {Sample} from '../metrics/metric.ts'
import {duration} from '../render/text/duration.ts'
import {confirmBy, cureBy, decide} from '../report/finding.ts'
import type {CeleryFacts, RunningTask} from '../snapshot/celery.ts'
import {isBusy} from './capacity.ts'
import {defineCheck, pass, skip} from './check.ts'
import {judgeSamples} from './judge-samples.ts'
import {hubMon} from './names.ts'

/** More tasks than these have the same trouble, and the same command. */
const mostShown = 3

export const celeryRunningTasks = defineCheck({
  id: 'celery.running-tasks',
  category: 'celery',
  title: 'No task runs for too long',
  why: 'A task that hangs holds its pool process until somebody ends it; when all are held, nothing runs any more.',
  looksAt:
    'The metric celery_task_running_seconds: for how long the tasks have run that run now; a warning above 30 minutes.',
  confirm: ['hub-mon tasks --running', 'docker top hub-celery-worker'],
  cure: [
    'hub-mon tasks revoke 688082f6-9dd6-48e0-ac5d-de0f23acc652 --terminate   # what it did is lost',
    '# task_time_limit ends such a task by itself; one that may take that long gets a bound of its own in hub-mon.config.yaml',
  ],
  severity: 'warning',
  phase: 'running',
  metric: 'celery_task_running_seconds',
  needs: ['celery'],
  judge(snapshot, {celery}) {
    if (celery.probe === null || celery.nodes.length === 0) return skip('no node was heard')
    const samples = evaluate(celeryTaskRunningSeconds, snapshot)
    if (samples.length === 0) return pass('none runs')
    const outcome = judgeSamples(samples, {
      subject: ({labels}) => labels.task ?? '',
      say: sample => inWords(longestOf(sample, celery), snapshot.takenAt),
      pass: judged => `the longest for ${duration(Math.max(...judged.map(({value}) => value ?? 0)))}`,
      evidence: alerting =>
        alerting.slice(0, mostShown).map(sample => ({
          ...{label: `id of ${sample.labels.task}`, value: longestOf(sample, celery)?.id ?? null},
        })),
      remedies: alerting => [
        ...alerting.slice(0, mostShown).flatMap(sample => {
          const task = longestOf(sample, celery)
          return task === undefined
            ? []
            : [
                cureBy(
                  `end ${task.name} on ${task.node}, if it hangs: what it did is lost`,
                  ...hubMon(snapshot, 'tasks', 'revoke', task.id, '--terminate'),
                ),
              ]
        }),
        decide(
          'give it a time limit (task_time_limit), or here a bound of its own, if it may take that long',
        ),
        confirmBy('what runs, and since when', ...hubMon(snapshot, 'tasks', '--running')),
      ],
    })
    return outcome.status === 'fail'
      ? {...outcome, affects: [...(outcome.affects ?? []), ...heldUpBy(outcome.affects ?? [], celery)]}
      : outcome
  },
})

type Running = RunningTask & {node: string}

function longestOf({labels, value}: Sample, {nodes}: CeleryFacts): Running | undefined {
  return nodes
    .flatMap(({name: node, active}) => active.map(task => ({...task, node})))
    .find(({name, runningSeconds}) => name === labels.task && runningSeconds === value)
}

function inWords(task: Running | undefined, takenAt: string): string {
  if (task === undefined) return 'a task has run for too long'
  const seconds = task.runningSeconds ?? 0
  const since = new Date(Date.parse(takenAt) - seconds * 1000).toISOString().slice(0, 19)
  return `${task.name} ${task.id} has run for ${duration(seconds)} on ${task.node}, since ${since}Z`
}

/** Nodes that run these tasks, and queues of which every node does nothing else. */
function heldUpBy(tasks: readonly string[], {nodes, queues}: CeleryFacts): string[] {
  const running = nodes.filter(({active}) => active.some(({name}) => tasks.includes(name)))
  const held = running.filter(node => isBusy(node) && node.active.every(({name}) => tasks.includes(name)))
  const names = new Set(held.map(({name}) => name))
  const queued = queues.filter(({consumers}) => consumers?.length && consumers.every(name => names.has(name)))
  return [...running, ...queued].map(({name}) => name)
}
