import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {alertRows} from '../../src/alerts/rows.ts'
import {overFlower} from '../../src/render/rules/over-flower.ts'
import {overHubMon} from '../../src/render/rules/over-hub-mon.ts'
import {type Rules, rulesFor} from '../../src/render/rules/rules.ts'
import type {RuleSource} from '../../src/render/rules/source.ts'
import {rulesYaml} from '../../src/render/rules/yaml.ts'
import {hubMon} from '../services/hub-mon.ts'
import {promtool} from '../services/promtool.ts'
import {complaints} from '../services/schemas.ts'

/** Scraped every 15 s for twenty minutes; `before` the time is up a rule is pending. */
const [scrape, minutes] = [15, 20]
const samples = (minutes * 60) / scrape
/** The same value at every scrape, or a counter that grows by so many between two. */
const still = (value: number) => `${value}+0x${samples}`
const growing = (step: number) => `0+${step}x${samples}`

type Case = {
  alert: string
  severity: 'critical' | 'warning'
  forSeconds: number
  /** Series by whether the bound is crossed; a value each. */
  past: Record<string, string>
  at: Record<string, string>
  /** How many alerts: a task type and all of them together are two. */
  alerts?: number
}

const hubTasks = (failed: number, succeeded: number) => ({
  'hub_mon_task_failed_total{task="a",queue="q"}': growing(failed),
  'hub_mon_task_succeeded_total{task="a",queue="q"}': growing(succeeded),
})
const flowerTasks = (failed: number, succeeded: number) => ({
  'flower_events_total{task="a",type="task-failed",worker="w"}': growing(failed),
  'flower_events_total{task="a",type="task-succeeded",worker="w"}': growing(succeeded),
})
const hubRetries = (retried: number, received: number) => ({
  'hub_mon_task_retried_total{task="a",queue="q"}': growing(retried),
  'hub_mon_task_received_total{task="a",queue="q"}': growing(received),
})
const flowerRetries = (retried: number, received: number) => ({
  'flower_events_total{task="a",type="task-retried",worker="w"}': growing(retried),
  'flower_events_total{task="a",type="task-received",worker="w"}': growing(received),
})
const hubRuntimes = (sum: number) => ({
  'hub_mon_task_runtime_seconds_sum{task="a",queue="q"}': growing(sum),
  'hub_mon_task_runtime_seconds_count{task="a",queue="q"}': growing(1),
})
const flowerRuntimes = (sum: number) => ({
  'flower_task_runtime_seconds_sum{task="a",worker="w"}': growing(sum),
  'flower_task_runtime_seconds_count{task="a",worker="w"}': growing(1),
})

const moment = (
  [alert, severity]: [string, Case['severity']],
  series: string,
  [past, at]: [number, number],
  forSeconds = 60,
): Case => ({
  ...{alert, severity, forSeconds},
  past: {[series]: still(past)},
  at: {[series]: still(at)},
})

const ofHubMon: Case[] = [
  {
    ...{alert: 'TaskRetryRatio', severity: 'warning', forSeconds: 60, alerts: 2},
    past: hubRetries(601, 1000),
    at: hubRetries(3, 5),
  },
  {
    ...{alert: 'TaskFailureRatio', severity: 'critical', forSeconds: 60, alerts: 2},
    past: hubTasks(101, 899),
    at: hubTasks(1, 9),
  },
  {
    ...{alert: 'TaskFailureRatio', severity: 'warning', forSeconds: 60, alerts: 2},
    past: hubTasks(51, 949),
    at: hubTasks(1, 19),
  },
  {
    ...{alert: 'TaskRuntimeSeconds', severity: 'warning', forSeconds: 60, alerts: 2},
    past: hubRuntimes(1800.01),
    at: hubRuntimes(1800),
  },
  moment(['QueueMessages', 'warning'], 'hub_mon_queue_messages{queue="q"}', [11, 10], 300),
  moment(['CeleryNodesOnline', 'critical'], 'hub_mon_celery_nodes_online', [0, 1]),
  moment(['ContainerCpuRatio', 'warning'], 'hub_mon_container_cpu_ratio{container="c"}', [0.801, 0.8], 300),
  moment(
    ['ContainerMemoryRatio', 'warning'],
    'hub_mon_container_memory_ratio{container="c"}',
    [0.801, 0.8],
    300,
  ),
  moment(
    ['CeleryTaskRunningSeconds', 'warning'],
    'hub_mon_celery_task_running_seconds{task="a"}',
    [1801, 1800],
  ),
  moment(['RedisUp', 'critical'], 'hub_mon_redis_up', [0, 1], 30),
  moment(['RedisMemoryRatio', 'critical'], 'hub_mon_redis_memory_ratio', [0.901, 0.9]),
  moment(['RedisMemoryRatio', 'warning'], 'hub_mon_redis_memory_ratio', [0.751, 0.75]),
]
const ofFlower: Case[] = [
  {
    ...{alert: 'TaskRetryRatio', severity: 'warning', forSeconds: 60, alerts: 2},
    past: flowerRetries(601, 1000),
    at: flowerRetries(3, 5),
  },
  {
    ...{alert: 'TaskFailureRatio', severity: 'critical', forSeconds: 60, alerts: 2},
    past: flowerTasks(101, 899),
    at: flowerTasks(1, 9),
  },
  {
    ...{alert: 'TaskFailureRatio', severity: 'warning', forSeconds: 60, alerts: 2},
    past: flowerTasks(51, 949),
    at: flowerTasks(1, 19),
  },
  {
    ...{alert: 'TaskRuntimeSeconds', severity: 'warning', forSeconds: 60, alerts: 2},
    past: flowerRuntimes(1800.01),
    at: flowerRuntimes(1800),
  },
  moment(['CeleryNodesOnline', 'critical'], 'flower_worker_online{worker="w"}', [0, 1]),
]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-rules-'))
})
afterAll(async () => {
  await rm(folder, {recursive: true})
})

const defaults = () => alertRows({expected: {poolProcesses: null, nodes: null, bounds: []}})

async function written(name: string, rules: Rules, source: RuleSource): Promise<string> {
  const file = path.join(folder, `${name}.yml`)
  await writeFile(file, await rulesYaml(rules, source, 'hub-mon alerts rules'))
  return file
}

/** Promtool's own tests, one a case and side of the bound. */
async function proven(
  name: string,
  rules: Rules,
  source: RuleSource,
  cases: readonly Case[],
): Promise<string> {
  const file = await written(name, rules, source)
  const ruleOf = ({alert, severity}: Case) => {
    const rule = rules.rules.find(one => one.alert === alert && one.labels.severity === severity)
    if (rule === undefined) throw new Error(`no rule ${alert} ${severity}`)
    return rule
  }
  const series = (of: Record<string, string>) =>
    Object.entries(of).map(([name, values]) => ({series: name, values}))
  const tests = cases.flatMap(one => {
    const {alert, severity, forSeconds, past, at, alerts = 1} = one
    const {labels} = ruleOf(one)
    // Which labels and words a firing one has is Prometheus's own doing: how many there are of this severity is asked.
    const counted = `count(ALERTS{alertname="${alert}",severity="${severity}",alertstate="firing"}) or vector(0)`
    // A rate needs two scrapes.
    const begins = Object.values(past).some(values => /^0\+[1-9]/.test(values)) ? scrape : 0
    const asked = (seconds: number, firing: number) => ({
      ...{expr: counted, eval_time: `${seconds}s`},
      exp_samples: [{labels: '{}', value: firing}],
    })
    expect(labels.severity).toBe(severity)
    return [
      {
        ...{interval: `${scrape}s`, input_series: series(past)},
        promql_expr_test: [asked(begins + forSeconds - scrape, 0), asked(begins + forSeconds, alerts)],
      },
      {...{interval: `${scrape}s`, input_series: series(at)}, promql_expr_test: [asked(minutes * 60, 0)]},
    ]
  })
  const test = path.join(folder, `${name}.test.yml`)
  await writeFile(test, JSON.stringify({rule_files: [file], evaluation_interval: `${scrape}s`, tests}))
  return await promtool('test', 'rules', test)
}

describe('rules for Prometheus', () => {
  it.each([
    ['hub-mon', overHubMon, ofHubMon],
    ['flower', overFlower, ofFlower],
  ] as const)(
    'over %s are accepted, and each fires past its bound after its time, and not at it',
    async (name, source, cases) => {
      const rules = rulesFor(defaults(), source, [])
      const told = rules.rules.filter(({alert}) => alert !== 'HubUnseen')
      expect(cases.map(({alert, severity}) => `${alert} ${severity}`).sort()).toEqual(
        told.map(({alert, labels}) => `${alert} ${labels.severity}`).sort(),
      )
      expect(await promtool('check', 'rules', await written(name, rules, source))).toContain('SUCCESS')
      expect(await proven(name, rules, source, cases)).toContain('SUCCESS')
    },
  )

  it('judge no ratio over too few, and a task type that only fails', async () => {
    const rules = rulesFor(defaults(), overFlower, [])
    const many = (failed: string) => ({'flower_events_total{task="a",type="task-failed",worker="w"}': failed})
    const failing: Case = {
      ...{alert: 'TaskFailureRatio', severity: 'critical', forSeconds: 60, alerts: 2},
      past: many(growing(100)),
      // 18 at once, and nothing since.
      at: many(`0 18+0x${samples - 1}`),
    }
    expect(await proven('few', rules, overFlower, [failing])).toContain('SUCCESS')
  })

  it('have the bounds of the configuration, also for one queue and one task type', async () => {
    const config = path.join(folder, 'hub-mon.config.yaml')
    await writeFile(
      config,
      `metrics:
  queue_messages:
    for: 90s
    only:
      - queue: 'odd "{{ $labels.queue }}" \\ name'
        warning: {above: 500}
  task_runtime_p95_seconds: {critical: {above: 60}, window: 1h}
  task_success_ratio: {warning: {below: 0.95}}
  celery_pool_processes: {critical: {below: 2}}
  redis_up: {critical: null}
`,
    )
    const {code, stdout, stderr} = await hubMon(['alerts', 'rules', '--config', config])
    expect(code, stderr).toBe(0)
    const file = path.join(folder, 'own.yml')
    await writeFile(file, stdout)
    expect(await promtool('check', 'rules', file)).toContain('SUCCESS')
    expect(stdout).not.toContain('RedisUp')
    const {stdout: json} = await hubMon(['alerts', 'rules', '--config', config, '--json'])
    const document = JSON.parse(json)
    expect(complaints('alerts-rules@1', document)).toEqual([])
    const exprs = document.data.rules
      .filter(({alert}: {alert: string}) => alert === 'QueueMessages')
      .map((rule: {expr: string; for: string}) => [rule.for, rule.expr])
    const odd = String.raw`"odd \"{{ $labels.queue }}\" \\ name"`
    expect(exprs).toEqual([
      ['90s', `hub_mon_queue_messages{queue!=${odd}} > 10`],
      ['90s', `hub_mon_queue_messages{queue=${odd}} > 500`],
    ])
    expect(await hubMon(['alerts', 'rules', '--config', config])).toMatchObject({stdout})
  })
})
