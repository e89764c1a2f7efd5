import {setTimeout as pause} from 'node:timers/promises'
import {confirm} from '../broker/confirm.ts'
import {type Action, record} from '../broker/journal.ts'
import type {Selection} from '../checks/select.ts'
import {exitCodes} from '../errors/exit-codes.ts'
import {HubError} from '../errors/hub-error.ts'
import {clean} from '../render/text/clean.ts'
import {duration} from '../render/text/duration.ts'
import {commandLine} from '../render/text/shell.ts'
import type {Fix} from '../report/finding.ts'
import {asksForOthers, type Fixed, nextFix} from '../report/fixes.ts'
import type {Report} from '../report/report.ts'
import {factsFrom} from '../snapshot/reading.ts'
import type {Snapshot} from '../snapshot/snapshot.ts'
import {attachContainer, unpauseContainer} from '../sources/docker/mend.ts'
import {atRisk} from '../stack/at-risk.ts'
import {tryTo} from '../stack/failure.ts'
import {planRestart} from '../stack/restart.ts'
import type {Stack} from '../stack/stack.ts'
import type {Step} from '../stack/step.ts'
import {planUp} from '../stack/up.ts'
import {waitUntilHealthy} from '../stack/wait.ts'
import {type Acting, openStack} from './acting.ts'
import {askOf} from './ask.ts'
import {openBroker} from './broker.ts'
import type {Context} from './context.ts'
import {examiner, report} from './examine.ts'
import {findHub, type Hub, once} from './hub.ts'

export type FixWishes = {
  yes: boolean
  dryRun: boolean
  allowTaskLoss: boolean
  /** What running tasks get to finish, in seconds; `null` is the usual. */
  graceSeconds: number | null
  warn: (warning: string) => void
}

/** More than any hub has services. */
const mostFixes = 12
/** Until a check is well after its cure: a container that starts has its first health check after half a minute. */
const verifySeconds = 60
const usualGraceSeconds = 60
/** A worker whose Redis is there again takes its messages at once, and listens to remote control some seconds later. */
const settleSeconds = 20

/**
 * `doctor --fix`: takes the first problem that it may cure, says what it would do, asks, does it, looks at that check again,
 * and goes on until there is none left, or one did not help. Gives the last look. Throws a `HubError` (64) where nobody can be asked.
 */
export async function fixHub(
  context: Context,
  {checks, sources, celery}: Selection,
  wishes: FixWishes,
): Promise<{snapshot: Snapshot; found: Report; fixes: Fixed[]}> {
  const hub = await findHub(context, true)
  const stack = once(() => openStack(context, hub))
  const fixes: Fixed[] = []
  let underWay: OneFix | null = null
  let settled = 0
  try {
    for (;;) {
      const snapshot = await hub.look(sources, {celery})
      const found = report(snapshot, checks)
      const last = fixes.at(-1)?.outcome
      const over = last === 'did-not-help' || last === 'failed' || fixes.length >= mostFixes
      const next = over
        ? null
        : nextFix(
            found,
            fixes.map(({remedy}) => remedy.fix),
          )
      if (next === null) {
        if (over || found.verdict === 'ok' || performance.now() >= settled) return {snapshot, found, fixes}
        await pause(1000, undefined, {signal: context.signal}).catch(() => context.signal.throwIfAborted())
        continue
      }
      underWay = new OneFix(context, {hub, stack, wishes, snapshot}, next)
      const fixed = await underWay.carryOut()
      underWay = null
      fixes.push(fixed)
      if (fixed.outcome === 'helped' || fixed.outcome === 'not-needed')
        settled = performance.now() + settleSeconds * 1000
    }
  } catch (error) {
    if (!context.signal.aborted) throw error
    const done = fixes.map(({remedy, outcome}) => `${commandLine(remedy.command)}: ${words[outcome]}`)
    throw brokenOff(context.signal.reason, [...done, ...(underWay?.progress ?? [])], hub)
  }
}

/** An interruption that says what was done until then. */
function brokenOff(reason: unknown, done: readonly string[], hub: Hub): unknown {
  if (!(reason instanceof HubError)) return reason
  return new HubError(
    reason.code === 'terminated' ? 'terminated' : 'interrupted',
    reason.code,
    reason.message,
    {
      detail: done.length === 0 ? 'nothing was done' : done.join('\n'),
      suggestions: [commandLine(['hub-mon', 'doctor', ...hub.target.flags])],
    },
  )
}

type Surroundings = {
  hub: Hub
  stack: () => Promise<Acting>
  wishes: FixWishes
  /** The look that the problem was found in. */
  snapshot: Snapshot
}

/** One remedy on its way: shown, asked for, carried out, verified. */
class OneFix {
  readonly #context: Context
  readonly #around: Surroundings
  readonly #next: NonNullable<ReturnType<typeof nextFix>>
  #stage: 'not begun' | 'begun' | 'done' = 'not begun'

  constructor(context: Context, around: Surroundings, next: NonNullable<ReturnType<typeof nextFix>>) {
    this.#context = context
    this.#around = around
    this.#next = next
  }

  /** How far it is, in words; nothing as long as nothing was done. */
  get progress(): string[] {
    if (this.#stage === 'not begun') return []
    const how =
      this.#stage === 'done'
        ? 'done, and not looked at again'
        : 'begun; what Docker or Redis was already told they still do'
    return [`${commandLine(this.#next.remedy.command)}: ${how}`]
  }

  async carryOut(): Promise<Fixed> {
    const {finding, remedy} = this.#next
    const {wishes, snapshot} = this.#around
    const risk = atRisk(remedy.fix, snapshot, wishes.graceSeconds ?? usualGraceSeconds)
    const line = commandLine(remedy.command)
    const happens = [
      `${finding.check}: ${finding.message}`,
      `  ${line}  # ${remedy.text}`,
      ...risk.says.map(sentence => `  ${sentence}`),
    ]
    const ended = (outcome: Fixed['outcome'], message: string | null = null): Fixed => {
      this.#tell(`  ${words[outcome]}${message === null ? '' : `: ${message}`}`)
      return {check: finding.check, remedy, outcome, atRisk: risk.count, message}
    }
    const allowed = !risk.loses || wishes.allowTaskLoss
    if (wishes.dryRun || !allowed || wishes.yes) for (const sentence of happens) this.#tell(sentence)
    if (!allowed)
      return ended('refused', `${atStake(remedy.fix, risk.count)}; --allow-task-loss does it all the same`)
    if (wishes.dryRun) return ended('planned')
    if (!(await this.#agreed(happens))) return ended('declined')
    const before = await this.#comesByItself()
    if (before !== null) return ended('not-needed', before)
    try {
      this.#stage = 'begun'
      await this.#journalled(() => this.#act(remedy.fix))
      this.#stage = 'done'
    } catch (error) {
      this.#context.signal.throwIfAborted()
      if (!(error instanceof HubError) || error.exit === exitCodes.usage) throw error
      return ended('failed', [error.message, error.detail].filter(part => part !== null).join('\n'))
    }
    const {well, message} = await this.#verify(verifySeconds)
    return ended(well ? 'helped' : 'did-not-help', message)
  }

  #tell(text: string): void {
    const {quiet, json, secrets} = this.#context
    if (quiet || json) return
    for (const line of text.split('\n')) process.stderr.write(`${clean(secrets.mask(line))}\n`)
  }

  /** False when the answer was no. */
  async #agreed(happens: readonly string[]): Promise<boolean> {
    const {wishes, hub} = this.#around
    const ask = askOf(this.#context)
    const words = ['hub-mon', 'doctor', '--fix', '--yes', ...hub.target.flags]
    const question = {happens, subject: 'a fix', command: commandLine(words)}
    try {
      await confirm(question, {yes: wishes.yes, ask})
      return true
    } catch (error) {
      if (ask !== null && error instanceof HubError && error.code === 'not-confirmed') return false
      throw error
    }
  }

  /** What was only just started may need no cure but time; what the check says then, `null` when it is as it was. */
  async #comesByItself(): Promise<string | null> {
    const {fix} = this.#next.remedy
    if (fix.does !== 'restart' || fix.mayComeInSeconds === 0) return null
    this.#tell(`  it may come by itself: waiting up to ${duration(fix.mayComeInSeconds)} first`)
    const {well, message} = await this.#verify(fix.mayComeInSeconds)
    return well ? (message ?? '') : null
  }

  /** Looks at the check until it is well, or asks for this cure no more, or the time is over. */
  async #verify(seconds: number): Promise<{well: boolean; message: string | null}> {
    const {finding, remedy} = this.#next
    const own = (found: Report | null) => found?.findings.find(({check}) => check === finding.check)
    const examine = examiner(this.#around.hub)
    let last: Report | null = null
    const waited = await waitUntilHealthy({
      only: [finding.check],
      examine: async only => {
        last = await examine([...only])
        return last
      },
      deadlineSeconds: seconds,
      signal: this.#context.signal,
      stop: async missing =>
        missing.length === 1 && asksForOthers(own(last), remedy.fix) ? 'the rest is for other cures' : null,
    })
    const well = waited.healthy || waited.hopeless !== null
    return {well, message: own(waited.report)?.message ?? null}
  }

  async #act(fix: Fix): Promise<void> {
    const {hub, stack, wishes, snapshot} = this.#around
    if (fix.does === 'clean') {
      const {speak} = openBroker(this.#context, hub, wishes.warn)
      const [first = '', ...rest] = fix.words
      await speak(async ({connection}) => connection.client.call(first, ...rest))
      return
    }
    const acting = await stack()
    const celery = async () => factsFrom(snapshot.sources.celery) ?? null
    switch (fix.does) {
      case 'start': {
        const plan = planUp(acting.stack, {pull: false, build: false, waitSeconds: null, keep: true})
        return await acting.carryOut([...plan.look, ...plan.act])
      }
      case 'restart': {
        const {graceSeconds} = wishes
        const options = {services: [fix.service], graceSeconds, waitSeconds: null, celery}
        return await acting.carryOut((await planRestart(acting.stack, options)).steps)
      }
      case 'unpause':
        return await acting.carryOut([
          engineStep(`Unpause ${fix.container}`, acting.stack, ({engine, signal}) =>
            unpauseContainer(engine, fix.container, signal),
          ),
        ])
      case 'attach':
        return await acting.carryOut([
          engineStep(`Attach ${fix.container} to ${fix.network}`, acting.stack, ({engine, signal}) =>
            attachContainer(engine, fix, signal),
          ),
        ])
    }
  }

  /** Writes down what came of it, also when it fails or is interrupted. */
  async #journalled(act: () => Promise<void>): Promise<void> {
    const {secrets, signal} = this.#context
    const {hub, wishes} = this.#around
    const {finding, remedy} = this.#next
    const did = `${commandLine(remedy.command)} (${finding.check})`
    const writeDown = async (more: Pick<Action, 'did' | 'outcome'>) => {
      const target = hub.target.project ?? factsFrom(this.#around.snapshot.sources.redis)?.address ?? ''
      const action = {command: 'doctor --fix', target, counts: {}, ...more}
      const {warning} = await record(action, {secrets, environment: process.env})
      if (warning !== null) wishes.warn(warning)
    }
    try {
      await act()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      await writeDown(
        signal.aborted ? {did, outcome: 'interrupted'} : {did: `${did}; failed: ${why}`, outcome: 'failed'},
      )
      throw error
    }
    await writeDown({did, outcome: 'done'})
  }
}

function engineStep(title: string, stack: Stack, run: (stack: Stack) => Promise<void>): Step {
  return {title, run: () => tryTo(stack.signal, () => run(stack))}
}

const words: Record<Fixed['outcome'], string> = {
  helped: 'well again',
  'not-needed': 'came by itself',
  'did-not-help': 'did not help',
  failed: 'failed',
  refused: 'left alone',
  declined: 'left alone, as you said',
  planned: 'would be done',
}

function atStake(fix: Fix, count: number | null): string {
  const many = count === null ? 'an unknown number of' : String(count)
  const what = fix.does === 'restart' && fix.risks === 'unsaved-data' ? 'messages' : 'running tasks'
  return `it can lose ${many} ${count === 1 ? what.slice(0, -1) : what}`
}
