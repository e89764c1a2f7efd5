import {setTimeout as pause} from 'node:timers/promises'
import {Flags} from '@oclif/core'
import {checks as registry} from '../checks/registry.ts'
import {type Selection, select} from '../checks/select.ts'
import type {Context} from '../cli/context.ts'
import {exitCodeFor, type FailOn, failOnLevels} from '../cli/fail-on.ts'
import {duration} from '../cli/flags.ts'
import {HubCommand} from '../cli/hub-command.ts'
import {viewOf} from '../cli/view.ts'
import {doctorFormatNames} from '../render/doctor/format-names.ts'
import type {Fixed} from '../report/fixes.ts'
import type {Report} from '../report/report.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {saveSnapshot} from '../snapshot/stored.ts'

/** Between two looks of `--wait`: a hub that comes up changes by the second. */
const pauseSeconds = 1

export default class Doctor extends HubCommand<typeof Doctor> {
  static override summary = 'find out what is wrong with the hub, and what to type next'
  static override description =
    'Reads Docker, Compose, Redis, Celery and Flower at once, judges what it saw, and prints problems first: causes before what follows from them, with evidence and the commands to type.\n\nExit codes: 0 healthy, 1 warning, 2 critical, 3 could not tell.'
  static override examples = [
    '<%= config.bin %> doctor',
    {
      description: 'in CI, until the hub is healthy',
      command: '<%= config.bin %> doctor --wait 60s --format github',
    },
    {description: 'only what concerns Redis', command: "<%= config.bin %> doctor --only 'redis.*'"},
    {
      description: 'start what is stopped and restart what hangs, asking before each',
      command: '<%= config.bin %> doctor --fix',
    },
    {
      description: 'keep an incident, and look at it elsewhere',
      command: '<%= config.bin %> doctor --save incident.json; <%= config.bin %> doctor --from incident.json',
    },
    {
      description: 'a hub without Compose',
      command: '<%= config.bin %> doctor --redis-url redis://10.0.0.5:6379/0',
    },
  ]
  static override flags = {
    only: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: '<check>',
      summary: 'only these checks: ids, globs, categories',
    }),
    skip: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: '<check>',
      summary: 'not these checks',
    }),
    list: Flags.boolean({summary: 'list the checks and stop'}),
    wait: duration({summary: 'look again until the hub is healthy; past it the last verdict stands'}),
    'fail-on': Flags.option({
      options: failOnLevels,
      summary: 'the mildest verdict that is a failure; warning when not given',
    })(),
    pre: Flags.boolean({summary: 'can the hub be started here?', exclusive: ['from', 'wait']}),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
    fix: Flags.boolean({
      summary: 'carry out the safe remedies, one after the other, each shown and asked for first',
      exclusive: ['from', 'passive', 'pre', 'wait', 'list'],
    }),
    yes: Flags.boolean({char: 'y', summary: 'with --fix: do not ask', dependsOn: ['fix']}),
    'dry-run': Flags.boolean({
      summary: 'with --fix: say what would be done, and do nothing',
      dependsOn: ['fix'],
    }),
    'allow-task-loss': Flags.boolean({
      summary: 'with --fix: also what can lose running tasks or unsaved messages',
      dependsOn: ['fix'],
    }),
    grace: duration({
      summary: 'with --fix: what running tasks get to finish, 60s when not given',
      dependsOn: ['fix'],
    }),
    save: Flags.string({helpValue: '<path>', summary: 'keep what was seen, without secrets'}),
    from: Flags.string({
      helpValue: '<path>',
      summary: 'judge what was kept, by --save or in a bundle; nothing is read',
      exclusive: ['wait', 'save'],
    }),
    format: Flags.option({
      options: [...doctorFormatNames, 'json'] as const,
      helpValue: '<format>',
      summary: 'table, short, json, junit, github or markdown',
    })(),
  }

  protected override wantsJson(): boolean {
    return super.wantsJson() || this.flags?.format === 'json'
  }

  async run(): Promise<void> {
    const context = await this.context()
    const {flags} = this
    const phase = flags.pre ? 'pre' : 'running'
    const selection = select({only: flags.only ?? [], skip: flags.skip ?? [], phase})
    if (flags.list) {
      this.#list(selection)
      return
    }
    const {snapshot, found, fixes} = await this.#see(context, selection)
    if (flags.save !== undefined) await saveSnapshot(snapshot, flags.save)
    const failOn: FailOn = flags['fail-on'] ?? 'warning'
    const format = flags.format ?? (context.quiet ? 'short' : 'table')
    const [{doctorFormats}, {reportJson}] = await Promise.all([
      import('../render/doctor/registry.ts'),
      import('../render/json.ts'),
    ])
    this.finish({
      schema: 'hub-mon/doctor@1',
      verdict: found.verdict,
      exitCode: exitCodeFor(found.verdict, failOn),
      data: reportJson(found, fixes),
      text: format === 'json' ? '' : doctorFormats[format](found, viewOf(context, failOn)),
    })
  }

  async #see(
    context: Context,
    selection: Selection,
  ): Promise<{snapshot: Snapshot; found: Report; fixes?: Fixed[]}> {
    const {flags} = this
    if (flags.from !== undefined) return await replay(flags.from, flags)
    if (!flags.fix) return await this.#watch(context, selection)
    const {fixHub} = await import('../cli/fix.ts')
    return await fixHub(context, selection, {
      yes: flags.yes,
      dryRun: flags['dry-run'],
      allowTaskLoss: flags['allow-task-loss'],
      graceSeconds: flags.grace ?? null,
      warn: warning => this.warning(warning),
    })
  }

  /** One look, or as many as it takes until all is well or the time is up. */
  async #watch(context: Context, selection: Selection): Promise<{snapshot: Snapshot; found: Report}> {
    const [{findHub}, {report}] = await Promise.all([import('../cli/hub.ts'), import('../cli/examine.ts')])
    const hub = await findHub(context)
    const {passive, pre, wait} = this.flags
    const end = performance.now() + (wait ?? 0) * 1000
    for (;;) {
      const {sources, celery} = selection
      const snapshot = await hub.look(sources, {passive, beforeStart: pre, celery})
      const found = report(snapshot, selection.checks)
      const left = end - performance.now()
      if (found.verdict === 'ok' || left <= 0) return {snapshot, found}
      await pause(Math.min(pauseSeconds * 1000, left), undefined, {signal: context.signal}).catch(() =>
        context.signal.throwIfAborted(),
      )
    }
  }

  #list({checks}: Selection): void {
    const rows = checks.map(({id, category, title, severity, phase}) => ({
      id,
      category,
      title,
      severity,
      phase,
    }))
    const width = Math.max(0, ...rows.map(({id}) => id.length))
    this.finish({
      schema: 'hub-mon/checks@1',
      data: {checks: rows, total: registry.length},
      text: rows
        .map(({id, severity, title}) => `${id.padEnd(width)}  ${severity.padEnd(8)}  ${title}\n`)
        .join(''),
    })
  }
}

async function replay(
  file: string,
  {only = [], skip = []}: {only?: string[] | undefined; skip?: string[] | undefined},
): Promise<{snapshot: Snapshot; found: Report}> {
  const [{report}, {savedSnapshot}] = await Promise.all([
    import('../cli/examine.ts'),
    import('../cli/saved-snapshot.ts'),
  ])
  const snapshot = await savedSnapshot(file)
  const {checks} = select({only, skip, phase: snapshot.beforeStart ? 'pre' : 'running'})
  return {snapshot, found: report(snapshot, checks)}
}
