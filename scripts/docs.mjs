// Writes the pages that the registries of checks, metrics and exit codes give; with --check only says which are stale.
// With the word `faults` also docs/faults.md, from what the last run of the faults left here.
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {register} from 'tsx/esm/api'

register()
const {categories, pageOf} = await import('../src/checks/check.ts')
const {checks} = await import('../src/checks/registry.ts')
const {checkMarkdown} = await import('../src/render/check-page.ts')
const {metrics} = await import('../src/metrics/registry.ts')
const {notifiers} = await import('../src/alerts/notify/registry.ts')
const {alertRows} = await import('../src/alerts/rows.ts')
const {columns} = await import('../src/render/export/columns.ts')
const {redisUsers} = await import('../src/redis-users/registry.ts')
const {exitCodes, exitMeanings} = await import('../src/errors/exit-codes.ts')

const root = fileURLToPath(new URL('..', import.meta.url))
const generated = '<!-- Written by scripts/docs.mjs from the source; edit that. -->'
const pages = {
  'docs/checks/README.md': checksIndex(),
  ...Object.fromEntries(checks.map(check => [pageOf(check.id), checkMarkdown(check, generated)])),
  'docs/metrics.md': metricsPage(),
  'docs/alerts.md': alertsPage(),
  'docs/exit-codes.md': exitPage(),
  'docs/export.md': exportPage(),
  'docs/redis-access.md': accessPage(),
  ...(process.argv.includes('faults') ? {'docs/faults.md': await faultsPage()} : {}),
}

const stale = Object.entries(pages).filter(([file, text]) => current(file) !== text)
const left = readdirSync(path.join(root, 'docs/checks'))
  .map(file => `docs/checks/${file}`)
  .filter(file => !Object.hasOwn(pages, file))
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is stale: run node scripts/docs.mjs`)
  for (const file of left) console.error(`${file} is of no check: run node scripts/docs.mjs`)
  process.exitCode = stale.length + left.length === 0 ? 0 : 1
} else {
  for (const [file, text] of stale) writeFileSync(path.join(root, file), text)
  for (const file of left) rmSync(path.join(root, file))
}

function current(file) {
  try {
    return readFileSync(path.join(root, file), 'utf8')
  } catch {
    return null
  }
}

/** The page is written by hand; what is between two marks, and the three lines of hub-mon's own users, come from the registry. */
function accessPage() {
  const rows = redisUsers.map(({name, for: whose, why}) => `| \`${name}\` | ${whose} | ${cell(why)} |`)
  const lines = redisUsers.map(({name, rules}) => `ACL SETUSER ${name} on >PASSWORD ${rules.join(' ')}`)
  const own = new Map(redisUsers.map(({name}, place) => [name, lines[place]]))
  const written = current('docs/redis-access.md')
  const table = ['| user | whose | why |', '| --- | --- | --- |', ...rows, '', '```text']
  const rest = redisUsers
    .filter(({name}) => !/^hub-mon-(ask|passive|act)$/.test(name))
    .map(({name}) => own.get(name))
  const between = `<!-- users -->\n${[...table, ...rest, '```'].join('\n')}\n<!-- /users -->`
  return written
    .replace(/<!-- users -->.*<!-- \/users -->/s, () => between)
    .replace(/^ACL SETUSER (\S+) on .*$/gm, (line, name) => own.get(name) ?? line)
}

async function faultsPage() {
  const [{allFaults}, {resultOf}, {faultsPage: page}] = await Promise.all(
    ['catalogue', 'results', 'page'].map(name => import(`../test/faults/${name}.ts`)),
  )
  const faults = await allFaults()
  const told = await Promise.all(faults.map(async fault => ({...fault, result: await resultOf(fault)})))
  return page(told, current('docs/faults.md') ?? '')
}

function checksIndex() {
  const row = ({id, title, severity}) => `| [${id}](${id}.md) | ${cell(title)} | ${severity} |`
  return page([
    '# Checks',
    '',
    generated,
    '',
    'Each check is a row of data and one pure function in `src/checks/`, and says what is true when all is well. The order is that of',
    'the report: what others stand on comes first. Each has a page; `hub-mon explain <check>` prints the same, and findings name it.',
    '',
    'A check that fails is `critical`, a `warning` or a `notice`; a notice never changes the verdict. `unknown` is "could not tell",',
    '`skipped` is "not asked, with a reason"; neither is a pass. A source that cannot be read fails one check, its root; those that',
    'need it are skipped.',
    '',
    ...categories.flatMap(category => [
      `## ${category}`,
      '',
      '| check | when all is well | severity |',
      '| --- | --- | --- |',
      ...checks.filter(check => check.category === category).map(row),
      '',
    ]),
  ])
}

function metricsPage() {
  const row = ({id, title, unit, per, reads, target, notice, warning, critical, leastSamples, boundsIn}) =>
    `| \`${id}\` | ${title} | ${unit} | ${per.join(', ') || '–'} | ${boundsIn ? 'as many as expected' : bound(target)} | ${
      [
        ['critical', critical],
        ['warning', warning],
        ['notice', notice],
      ]
        .filter(([, held]) => held !== undefined)
        .map(([level, held]) => `${level} ${bound(held)}`)
        .join(', ') || '–'
    } | ${leastSamples ?? '–'} | ${reads.join(', ')} |`
  return page([
    '# Metrics',
    '',
    generated,
    '',
    'Each metric is one file in `src/metrics/`. The target is what the runbook aims at, an alert is what `doctor` calls a',
    'problem: ten messages miss the target (below 10) and raise no alert (above 10). Both can be set in the configuration,',
    'also for one queue or task type. A sample says its source, since when it counts and how many tasks it rests on; `null`',
    'is "could not be measured", never 0. A ratio over fewer than the least samples is shown and not judged.',
    '',
    'Ratios go from 0 to 1, times are seconds, sizes bytes. Figures of tasks come from the history of a window where that is',
    "asked for (`stats --since 15m`) and a recorder keeps it, else from Flower's counters, else from the results that the",
    'result backend still holds, else from the counts that the nodes keep. Quantiles and waits are told by history alone;',
    'where its window was not seen whole, the note of a figure says so.',
    '',
    '| metric | title | unit | a row per | target | alert | least samples | sources |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...metrics.map(row),
    '',
    ...metrics.flatMap(({id, help}) => [`- \`${id}\`: ${cell(help)}`]),
  ])
}

function bound(held) {
  if (held === null || held === undefined) return '–'
  return 'above' in held ? `above ${held.above}` : `below ${held.below}`
}

function alertsPage() {
  const rows = alertRows({expected: {poolProcesses: null, nodes: null, bounds: []}})
  const checkOf = metric => checks.find(check => check.metric === metric)
  const row = ({name, severity, metric, title, bound: held, forSeconds, windowSeconds, leastSamples}) =>
    `| \`${name}\` | ${severity} | ${title}, \`${metric}\` | ${bound(held)} | ${span(forSeconds)} | ${span(windowSeconds)} | ${leastSamples || '–'} | ${checkOf(metric) ? `[${checkOf(metric).id}](checks/${checkOf(metric).id}.md)` : '–'} |`
  return page([
    '# Alerts',
    '',
    generated,
    '',
    '```sh',
    'hub-mon alerts                  # what fires now, since when, and what to type; exit code as doctor',
    'hub-mon alerts --follow         # looks every 15 s until it is told to end; a line each change',
    'hub-mon alerts test             # sends a sample to whoever is told',
    '```',
    '',
    'An alert is a bound of a metric, for how long it is crossed before somebody is told, and, of tasks, the window that is',
    'counted. These are in force when nothing is configured:',
    '',
    '| alert | severity | metric | fires | for | window | least samples | evidence and cure |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(row),
    '',
    'Metrics of a queue, a task type or a container raise one alert each thing, and those of tasks one of all of them besides. A',
    'value beyond the critical bound raises the critical alert and not a warning beside it. A `notice` raises none.',
    '',
    '## Bounds, for, window',
    '',
    'They stand together in the configuration, for all and for one queue, task type, node or container; `null` takes an alert away:',
    '',
    '```yaml',
    'metrics:',
    '  queue_messages:',
    '    warning: {above: 10}',
    '    for: 5m                       # 0s fires at once',
    '    only:',
    '      - queue: reports',
    '        warning: {above: 500}',
    '        critical: {above: 5000}',
    '      - queue: nightly',
    '        warning: null',
    '  task_failure_ratio:',
    '    window: 15m',
    '    only:',
    '      - task: shop.pay',
    '        critical: {above: 0.01}',
    '        leastSamples: 100',
    '  task_failed_total:',
    '    warning: {above: 100}         # a metric without an alert gets one',
    '```',
    '',
    '## When an alert fires, and when it is over',
    '',
    '- Beyond its bound for as long as `for`: it fires. Back inside in between: it begins anew.',
    '- Back inside for as long as `for`: it resolves. A value that goes to and fro is one alert.',
    '- What could not be measured stays as it is, and that is said: not seeing is not being well. While Redis is away, alerts of',
    '  queues and nodes neither resolve nor begin; `RedisUp` says why.',
    '- A thing that is gone (its queue was deleted) or of which too little happens to judge it is over after five minutes, or',
    '  after `for`, if that is longer.',
    '- What the configuration takes away resolves at once.',
    '',
    'Figures of tasks are those of the window, as the recorder kept them (`hub-mon record`). Where nobody has ever recorded, the',
    'counters of Flower or the results stand in, as in `stats`, and that is said: they count since their own start, so that a',
    'rate falls slowly. A window that cannot be read for a moment is not made up for by other figures.',
    '',
    'Without a follower nobody knows for how long it has been so: `hub-mon alerts` then shows all that is beyond its bound as firing,',
    'since when by the history, where that tells it. Beside a follower it shows what that one knows: what is pending, what fires, and',
    'what fires and is back inside.',
    '',
    '## Following',
    '',
    '```sh',
    'hub-mon alerts --follow --every 15s --alertmanager http://127.0.0.1:9093 --exec \'logger -t hub "$HUB_MON_ALERT_SUMMARY"\'',
    '```',
    '',
    '```yaml',
    'alerts:',
    '  every: 15s',
    '  notify:',
    ...notifiers.map(({kind, example}) => `    - ${kind}: ${example}`),
    '```',
    '',
    'Receivers of the flags stand in for those of the configuration. Each gets every change, in order. One that does not take it is',
    'tried again after 1, 2, 4, … seconds, five minutes at most, and nothing is lost meanwhile: a thousand changes are kept for each, a',
    'day long; what is given up is said. stdout has a line each change (`--json`: a document each), stderr everything else.',
    '',
    'What a follower knows is kept in `$XDG_STATE_HOME/hub-mon/alerts-*.json` (else `~/.local/state`), readable by its user alone, written',
    'whole with each look. A change and what is owed because of it are one write, so that a kill at any moment loses none. What had',
    'been begun and not confirmed when it was killed is told again, with the same `id` and an `attempt` beyond 1. Where two follow the',
    'same hub with the same state directory, the second tells nobody, says so, and takes over when the first one ends.',
    '',
    '| receiver | what it gets |',
    '| --- | --- |',
    ...notifiers.map(({kind, about}) => `| \`${kind}\` | ${cell(about)} |`),
    '',
    'The document of a change is `hub-mon/alert@1` ([docs/json.md](json.md)). Commands have it on stdin, and the most telling parts in',
    '`HUB_MON_ALERT_EVENT`, `_SEVERITY`, `_NAME`, `_SUMMARY`, `_DESCRIPTION`, `_RUNBOOK`, `_SINCE`, `_VALUE`, `_METRIC`, `_HUB`, `_KEY`, `_ID`,',
    '`_AT`, `_ATTEMPT`, and a variable each label (`HUB_MON_ALERT_QUEUE`, `_TASK`, `_NODE`, `_CONTAINER`): names from the hub, so quote them.',
    'What follows the host in the address of a webhook is taken for a secret and shown nowhere.',
    '',
    '## Alertmanager',
    '',
    'It is the engine for routing, grouping, silences and inhibition; hub-mon has none of these. It gets the labels `alertname`, `severity`,',
    '`hub`, `metric` and `queue`, `task`, `node` or `container`, and the annotations `summary`, `description`, `runbook` (a command to type),',
    '`explain` and `docs`. What fires is told again every minute; without a word for four, Alertmanager takes it for resolved, as with Prometheus.',
    '',
    '```yaml',
    '# alertmanager.yml: wake somebody for what is critical; no worker is news while Redis is down',
    'route:',
    '  receiver: mail',
    '  group_by: [hub]',
    '  routes:',
    '    - matchers: [\'severity="critical"\']',
    '      receiver: pager',
    'inhibit_rules:',
    '  - source_matchers: [\'alertname="RedisUp"\']',
    '    target_matchers: [\'alertname="CeleryNodesOnline"\']',
    '    equal: [hub]',
    '```',
  ])
}

function span(seconds) {
  if (seconds === null) return '–'
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60} min` : `${seconds} s`
}

function exitPage() {
  return page([
    '# Exit codes',
    '',
    generated,
    '',
    '1 to 3 are verdicts, and nothing else. `--fail-on critical` turns a warning into 0, `--fail-on never` turns all three',
    'into 0.',
    '',
    '| code | name | meaning |',
    '| --- | --- | --- |',
    ...Object.entries(exitCodes).map(([name, code]) => `| ${code} | ${name} | ${exitMeanings[name]} |`),
  ])
}

function exportPage() {
  return page([
    '# Exporting history',
    '',
    generated,
    '',
    '`hub-mon stats export` writes what `hub-mon record` has kept of a window, bucket by bucket, to stdout or with `--output` into a new',
    'file. It reads as it writes: a window of ninety days takes no more memory than one of an hour, but for OpenMetrics.',
    '',
    '```sh',
    'hub-mon stats export --since 24h --output day.csv',
    "hub-mon stats export --format jsonl --since 7d | jq 'select(.failed > 0) | {from, task, failed}'",
    'hub-mon stats export --format openmetrics --from 2026-11-01 --to 2026-11-08 --output week.om',
    'promtool tsdb create-blocks-from openmetrics week.om /var/lib/prometheus/data',
    '```',
    '',
    'Buckets are ten seconds, a minute or an hour long (`--step`): the finest that is kept for the whole window when nothing is said.',
    'Only whole buckets are written, and only those that are over since five seconds. **A gap is data**: every row has',
    '`covered_seconds`, how much of its bucket a recorder saw, and a bucket that nobody saw has a row with 0. It is also said on stderr.',
    '',
    '## csv and jsonl',
    '',
    'The same columns in both. A row is about one thing: `kind` says which. Counts and sums add up over rows; quantiles do not,',
    'and are right to within a factor of the square root of two. Empty (`null` in jsonl) is "not measured" or "not of this kind", never 0.',
    '',
    '| column | meaning |',
    '| --- | --- |',
    ...columns.map(({name, help}) => `| \`${name}\` | ${cell(help)} |`),
    '',
    'csv is RFC 4180 in UTF-8: a line of names first, CRLF, a point in numbers. A task or queue whose name begins with `=`, `+`, `-`, `@`, a tab or a',
    "carriage return is written with a `'` before it, because a spreadsheet would take it for a formula and run it; jsonl has names as they are.",
    '',
    '## openmetrics',
    '',
    "Counters and histograms of each task type and queue, each with the time of its bucket's end, counted up from 0 at the start of the window: what",
    '`rate()` and `increase()` expect. Where nobody looked there are no samples of tasks. `hub_mon_queue_messages` is the average depth of a bucket.',
    'With `--step 1h` a query has to look back more than an hour: `increase(hub_mon_task_failed_total[3h])`.',
    'A series has to stand in one piece, so the window is held in memory: at most 200,000 values (rows), some 100 MB; beyond that it is refused.',
  ])
}

function cell(text) {
  return text.replaceAll('|', '\\|')
}

function page(lines) {
  return `${lines.join('\n').trimEnd()}\n`
}
