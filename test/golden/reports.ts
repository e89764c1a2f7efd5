import type {Sample, SampleLevel} from '../../src/metrics/metric.ts'
import type {Finding, FindingStatus} from '../../src/report/finding.ts'
import {confirmBy, cureBy, decide} from '../../src/report/finding.ts'
import {type Report, verdictOf} from '../../src/report/report.ts'

/** Reports made by hand: what renderers must cope with, whatever the checks and metrics of the day are. */

export function finding(check: string, status: FindingStatus, more: Partial<Finding> = {}): Finding {
  return {
    check,
    category: check.split('.')[0] ?? '',
    title: `Title of ${check}`,
    status,
    message: `message of ${check}`,
    evidence: [],
    affects: [],
    remedies: [],
    docs: `docs/checks/${check}.md`,
    ...more,
  }
}

export function sample(
  metric: string,
  title: string,
  value: number | null,
  level: SampleLevel,
  more: Partial<Sample> = {},
): Sample {
  return {
    metric,
    title,
    value,
    level,
    labels: {},
    unit: 'count',
    source: value === null ? null : 'celery',
    since: null,
    samples: null,
    target: null,
    targetMet: null,
    alerts: {notice: null, warning: null, critical: null},
    leastSamples: 0,
    ...more,
  }
}

export function report(findings: Finding[], samples: Sample[] = [], more: Partial<Report> = {}): Report {
  const counts: Report['counts'] = {critical: 0, unknown: 0, warning: 0, notice: 0, skipped: 0, pass: 0}
  for (const {status} of findings) counts[status] += 1
  return {
    verdict: verdictOf(counts),
    tool: '0.1.0',
    takenAt: '2026-11-23T10:31:05.000Z',
    target: {
      kind: 'compose',
      how: 'compose-file',
      project: 'hub',
      composeFile: '/srv/hub/docker-compose.monitoring.yml',
      startedFromOther: null,
      flags: [],
    },
    counts,
    findings,
    samples,
    unread: [],
    next: findings.find(({status}) => status === 'critical')?.remedies[0]?.command ?? null,
    ...more,
  }
}

const since = '2026-11-23T10:19:05.000Z'
const flower = {source: 'flower', since} as const
const noAlerts = {notice: null, warning: null, critical: null}

export const troubled = report(
  [
    finding('redis.reachable', 'critical', {
      title: 'Redis answers',
      message: 'nothing listens at 127.0.0.1:49153 (connection refused)',
      evidence: [
        {label: 'error', value: 'refused'},
        {label: 'container', value: 'exited (137)', bound: 'running'},
        {label: 'memory', value: 268_435_456, unit: 'bytes', bound: 'at most 256 MiB'},
      ],
      remedies: [
        confirmBy('its last words', 'docker', 'logs', '--tail', '20', 'hub-redis'),
        cureBy('start it again', 'hub-mon', 'restart', 'redis'),
      ],
      affects: ['redis'],
    }),
    finding('celery.nodes-online', 'critical', {
      title: 'Nodes answer',
      message: 'no node can be asked without the broker',
      becauseOf: 'redis.reachable',
      remedies: [cureBy('start the nodes again', 'hub-mon', 'restart', 'celery-worker')],
    }),
    finding('host.clock', 'unknown', {message: 'the check itself failed: no clock; please report it'}),
    finding('flower.sees-nodes', 'warning', {
      message: 'Flower shows celery@1 as offline',
      becauseOf: 'celery.nodes-online',
    }),
    finding('celery.queue-depth', 'warning', {
      title: 'Queues are short',
      message: 'emails has 1204 waiting messages, more come in than go out',
      evidence: [
        {label: 'ready', value: 1204, unit: 'count', bound: 'above 10'},
        {label: 'oldest', value: 5400, unit: 'seconds'},
        {label: 'consumed', value: false},
        {label: 'route', value: null},
      ],
      affects: ['emails'],
      remedies: [
        decide('add pool processes, or find what holds those that are there'),
        confirmBy(
          'what runs now',
          'docker',
          'exec',
          'hub-celery-worker',
          'celery',
          '-A',
          'app.celery_app',
          'inspect',
          'active',
          '--timeout',
          '5',
        ),
      ],
    }),
    finding('flower.present', 'notice', {
      message: 'Flower was left out: its image cannot be had here',
      remedies: [cureBy('try again where a registry can be reached', 'hub-mon', 'up')],
    }),
    finding('docker.engine-reachable', 'pass', {
      title: 'The engine answers',
      message: '27.1.1, over unix:///var/run/docker.sock',
    }),
    finding('docker.compose-version', 'pass', {title: 'Compose is there', message: 'docker compose 2.29.1'}),
    finding('host.disk', 'pass', {
      title: 'There is room on the disk',
      message: '38 GiB of 100 GiB free under /var/lib/docker, which is where images and volumes lie',
      evidence: [{label: 'free', value: 0.38, unit: 'ratio'}],
    }),
    finding('redis.memory', 'skipped', {message: 'redis could not be read: connection refused'}),
    finding('redis.clients', 'skipped', {message: 'redis could not be read: connection refused'}),
    finding('flower.reachable', 'skipped', {message: 'flower was not asked'}),
  ],
  [
    sample('task_success_ratio', 'Success rate', 0.912, 'ok', {
      ...flower,
      unit: 'ratio',
      samples: 214,
      target: {above: 0.95},
      targetMet: false,
      leastSamples: 20,
    }),
    sample('task_failure_ratio', 'Failure rate', 0.088, 'warning', {
      ...flower,
      unit: 'ratio',
      samples: 214,
      alerts: {...noAlerts, warning: {above: 0.05}, critical: {above: 0.1}},
      leastSamples: 20,
    }),
    sample('task_retry_ratio', 'Retry rate', 0.5, 'not-enough-data', {
      ...flower,
      unit: 'ratio',
      samples: 3,
      target: {below: 0.05},
      leastSamples: 20,
    }),
    sample('celery_pool_processes', 'Pool processes', 2, 'ok', {target: {above: 1}, targetMet: true}),
    sample('task_runtime_seconds', 'Average duration', 1.25, 'ok', {
      ...flower,
      labels: {task: 'app.tasks.resize'},
      unit: 'seconds',
      samples: 120,
      alerts: {...noAlerts, warning: {above: 1800}},
    }),
    sample('task_success_ratio', 'Success rate', 0.99999, 'ok', {
      ...flower,
      labels: {task: 'app.tasks.resize'},
      unit: 'ratio',
      samples: 120,
      target: {above: 0.95},
      targetMet: true,
    }),
    sample('task_runtime_seconds', 'Average duration', null, 'not-measured', {
      labels: {task: 'app.tasks.nightly'},
      unit: 'seconds',
      alerts: {...noAlerts, warning: {above: 1800}},
      note: 'Flower was left out',
    }),
    sample('task_failed_total', 'Failed tasks', 19, 'notice', {
      source: 'results',
      since: '2026-11-23T07:00:00.000Z',
      samples: 1204,
      labels: {task: 'app.tasks.nightly'},
      target: {below: 1},
      targetMet: false,
      alerts: {...noAlerts, notice: {above: 0}},
      note: 'ConnectionError(***)',
    }),
    sample('queue_messages', 'Queue depth', 4, 'ok', {
      labels: {queue: 'celery'},
      target: {below: 10},
      targetMet: true,
      alerts: {...noAlerts, warning: {above: 10}},
    }),
    sample('queue_messages', 'Queue depth', 10, 'ok', {
      labels: {queue: 'reports'},
      target: {below: 10},
      targetMet: false,
      alerts: {...noAlerts, warning: {above: 10}},
    }),
    sample('queue_messages', 'Queue depth', 1204, 'warning', {
      labels: {queue: 'emails'},
      target: {below: 10},
      targetMet: false,
      alerts: {...noAlerts, warning: {above: 10}},
    }),
    sample('celery_pool_processes', 'Pool processes', 2, 'ok', {labels: {node: 'celery@hub-celery-worker'}}),
    sample('container_cpu_ratio', 'CPU', 0.31, 'ok', {
      source: 'stats',
      labels: {container: 'hub-celery-worker'},
      unit: 'ratio',
      alerts: {...noAlerts, warning: {above: 0.8}},
    }),
    sample('container_memory_ratio', 'Memory', 0.93, 'critical', {
      source: 'stats',
      labels: {container: 'hub-celery-worker'},
      unit: 'ratio',
      alerts: {...noAlerts, warning: {above: 0.8}, critical: {above: 0.9}},
      note: "of the host's memory: no limit is set",
    }),
  ],
  {
    unread: [
      {source: 'flower', partial: false, code: 'left-out', message: 'left out when the stack was started'},
      {source: 'celery', partial: true, code: 'silent', message: '1 of 2 nodes did not answer within 1 s'},
    ],
  },
)

const evil =
  '\x1b]0;owned\x07\x1b[2J name\n::error::spoof\r\t\u202egnp.exe\u0000 $(touch x) `id` \'q\' "d" |<b>&amp; ]]>\ufffe'
const long = 'q'.repeat(300)

/** Everything that comes from the hub is hostile here. */
export const hostile = report(
  [
    finding('redis.reachable', 'critical', {
      message: evil,
      evidence: [
        {label: evil, value: evil, bound: evil},
        {label: 'long', value: long},
      ],
      affects: [evil, long],
      remedies: [
        cureBy(evil, 'hub-mon', 'restart', '$(touch x)', evil, '-rf', long),
        confirmBy('wide', 'docker', 'logs', '日本語のキュー', ''),
      ],
    }),
    finding('celery.queue-depth', 'warning', {message: `${long} ${evil}`, becauseOf: 'redis.reachable'}),
    finding('flower.sees-nodes', 'notice', {message: evil}),
    finding('compose.file-valid', 'warning', {
      message: '日本語のキュー名前とても長い日本語のキュー名前とても長い日本語のキュー名前とても長い',
      becauseOf: 'celery.events',
    }),
    finding('celery.events', 'warning', {
      message: 'each names the other as its cause',
      becauseOf: 'compose.file-valid',
    }),
    finding('redis.memory', 'pass', {message: evil}),
    finding('redis.clients', 'skipped', {message: evil}),
  ],
  [
    sample('queue_messages', 'Queue depth', 11, 'warning', {
      labels: {queue: evil},
      target: {below: 10},
      targetMet: false,
      alerts: {...noAlerts, warning: {above: 10}},
      note: evil,
    }),
    sample('queue_messages', 'Queue depth', 0, 'ok', {
      labels: {queue: long},
      target: {below: 10},
      targetMet: true,
      alerts: {...noAlerts, warning: {above: 10}},
    }),
    sample('queue_messages', 'Queue depth', 1, 'ok', {
      labels: {queue: '日本語のキュー'},
      target: {below: 10},
      targetMet: true,
      alerts: {...noAlerts, warning: {above: 10}},
    }),
    sample('queue_messages', 'Queue depth', null, 'not-measured', {labels: {queue: '__proto__'}, note: evil}),
  ],
  {
    target: {
      kind: 'compose',
      how: 'flags',
      project: evil,
      composeFile: `/srv/${evil}`,
      startedFromOther: evil,
      flags: ['--file', evil],
    },
    unread: [{source: 'celery', partial: true, code: 'silent', message: evil}],
    next: ['hub-mon', 'restart', evil],
  },
)

/** The first minute of a hub: nothing wrong, little to say. */
export const healthy = report(
  [
    finding('redis.reachable', 'pass', {
      title: 'Redis answers',
      message: 'answered at 127.0.0.1:49153/0 in 0.4 ms',
    }),
    finding('tasks.failures', 'skipped', {message: 'not enough data (3 of 20)'}),
  ],
  [
    sample('queue_messages', 'Queue depth', 0, 'ok', {
      labels: {queue: 'celery'},
      target: {below: 10},
      targetMet: true,
      alerts: {...noAlerts, warning: {above: 10}},
    }),
  ],
)

/** Nothing could be asked at all. */
export const empty = report([], [])
