import {randomUUID} from 'node:crypto'
import {setTimeout as pause} from 'node:timers/promises'
import {HubError} from '../../errors/hub-error.ts'
import {duration} from '../../render/text/duration.ts'
import {plural} from '../../render/text/number.ts'
import {timeLimit} from '../../sources/time-limit.ts'
import {advance} from '../advance.ts'
import {describer} from '../describe.ts'
import {judgeRows, type Look, unjudgedRows} from '../judge.ts'
import type {Tracked} from '../machine.ts'
import {type Notification, notificationOf} from '../notification.ts'
import {deliverySeconds, type Receiver} from '../notify/notifier.ts'
import {receiverName} from '../notify/registry.ts'
import {arrived, backOffSeconds, begin, type GivenUp, put, tidy} from '../outbox.ts'
import {type AlertState, emptyState} from '../state.ts'
import {Bell} from './bell.ts'
import {type Lock, refreshSeconds, takeLock} from './lock.ts'
import {takeState, writeState} from './state-file.ts'

export type FollowOptions = {
  stateFile: string
  everySeconds: number
  /** For people and receivers: compose project, else the broker's address. */
  hub: string
  tool: string
  look: () => Promise<Look>
  receivers: readonly Receiver[]
  /** A change, once; before any receiver is told. */
  say: (notification: Notification) => void
  /** What an operator of this process wants to know, a sentence each. */
  tell: (sentence: string) => void
}

/** Said on stdout by way of the outbox, too: so that none is lost or repeated by a kill in between. */
const stdout = 'stdout'
const waitForLockSeconds = 2
/** Nothing to do, in milliseconds: a ring comes with each look. */
const idle = 60_000
/** What is under way when it ends may go on for so long. */
const graceSeconds = 2

/**
 * Looks on a schedule and tells of each change, until the signal aborts. Where another follows the same hub, it waits and
 * takes over when that one ends. Throws a `HubError` (69) where its state cannot be kept at all.
 */
export async function follow(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const lock = await lockOf(options, signal)
  if (lock === null) return
  try {
    await new Follower(options, await stateOf(options), lock, signal).run()
  } finally {
    await lock.release().catch(() => {})
  }
}

async function lockOf({stateFile, tell}: FollowOptions, signal: AbortSignal): Promise<Lock | null> {
  let told = ''
  while (!signal.aborted) {
    const lock = await takeLock(`${stateFile}.lock`).catch((error: Error) => {
      throw cannotKeep(stateFile, error)
    })
    if (!('token' in lock)) return lock
    if (lock.token !== told)
      tell(
        `another hub-mon follows this hub already (process ${lock.pid} on ${lock.host}): this one tells nobody, and takes over when that one ends`,
      )
    told = lock.token
    await pause(waitForLockSeconds * 1000, undefined, {signal}).catch(() => {})
  }
  return null
}

async function stateOf({stateFile, hub, everySeconds, tell}: FollowOptions): Promise<AlertState> {
  const fresh = emptyState(hub, everySeconds)
  try {
    const {state, broken} = await takeState(stateFile)
    if (broken !== null)
      tell(`the state of before could not be understood: it begins anew; that is kept as ${broken}`)
    const kept = {...(state ?? fresh), hub, everySeconds}
    await writeState(stateFile, kept)
    return kept
  } catch (error) {
    throw cannotKeep(stateFile, error as Error)
  }
}

function cannotKeep(file: string, error: Error): HubError {
  return new HubError(
    'unavailable',
    'state-unwritable',
    `the state of alerts cannot be kept in ${file}: ${error.message}`,
    {
      suggestions: [
        'XDG_STATE_HOME=/var/lib hub-mon alerts --follow   # a folder that this user may write to',
      ],
    },
  )
}

class Follower {
  readonly #options: FollowOptions
  readonly #lock: Lock
  readonly #signal: AbortSignal
  readonly #bell = new Bell()
  readonly #soon = new AbortController()
  readonly #lost = new AbortController()
  #state: AlertState
  #saving: Promise<void> = Promise.resolve()
  #isSaved = true
  #unjudged = new Set<string>()
  #isCounted = false
  #untracked = 0

  constructor(options: FollowOptions, state: AlertState, lock: Lock, signal: AbortSignal) {
    this.#options = options
    this.#state = state
    this.#lock = lock
    this.#signal = signal
  }

  async run(): Promise<void> {
    const {tell, hub, everySeconds, receivers} = this.#options
    const names = receivers.map(receiverName).join(', ')
    const before = this.#state.alerts.length
    tell(
      `follows the alerts of ${hub} every ${duration(everySeconds)}, and tells ${names === '' ? 'nobody but stdout' : names}${before === 0 ? '' : `; ${plural(before, 'alert')} of before ${before === 1 ? 'goes' : 'go'} on`}`,
    )
    const within = AbortSignal.any([this.#signal, this.#lost.signal])
    const leave = () => setTimeout(() => this.#soon.abort(), graceSeconds * 1000).unref()
    within.addEventListener('abort', leave)
    await this.#sayAll()
    const loops = [
      this.#lookAgainAndAgain(within),
      this.#holdLock(within),
      ...receivers.map(receiver => this.#deliverTo(receiver, within)),
    ]
    try {
      await Promise.all(loops)
    } finally {
      // Where one failed, the others end, too.
      this.#lost.abort()
      await Promise.allSettled(loops)
      await this.#saving
    }
    this.#tellLeft()
    if (!this.#signal.aborted)
      throw new HubError('unavailable', 'taken-over', 'another hub-mon has taken over following this hub', {
        suggestions: ['hub-mon alerts'],
      })
  }

  async #holdLock(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(refreshSeconds * 1000, undefined, {signal}).catch(() => {})
      if (!signal.aborted) await this.#isHeld()
    }
  }

  /** Whether nobody else follows by now; ends this one if so. A disk that hangs for a moment is not another follower. */
  async #isHeld(): Promise<boolean> {
    const isHeld = await this.#lock.refresh().catch(() => true)
    if (!isHeld) this.#lost.abort()
    return isHeld
  }

  async #lookAgainAndAgain(signal: AbortSignal): Promise<void> {
    const every = this.#options.everySeconds * 1000
    while (!signal.aborted) {
      const begun = performance.now()
      try {
        await this.#look()
      } catch (error) {
        if (signal.aborted) return
        this.#options.tell(`could not look: ${(error as Error).message}`)
      }
      await pause(Math.max(0, every - (performance.now() - begun)), undefined, {signal}).catch(() => {})
    }
  }

  async #look(): Promise<void> {
    const look = await this.#options.look()
    // What was cut short by the end saw nothing; and whoever slept may have been taken for dead meanwhile.
    if (this.#signal.aborted || !(await this.#isHeld())) return
    const now = Date.now()
    const judged = judgeRows(look)
    const before = new Map(this.#state.alerts.map(alert => [alert.row.id, alert]))
    const {alerts, changes, untracked} = advance(before, {look, judged, describe: describer(look), now})
    const {tool, hub, receivers} = this.#options
    const ids = [stdout, ...receivers.map(({id}) => id)]
    const tidied = tidy(this.#state.outbox, ids, now)
    const notifications = changes.map(change => notificationOf(change, {id: randomUUID(), tool, hub}))
    const filled = put(tidied.outbox, ids, notifications, now)
    // One write has the change and what is owed because of it: no kill can part them.
    this.#state = {...this.#state, lookedAt: now, alerts: [...alerts.values()], outbox: filled.outbox}
    this.#tellGivenUp([...tidied.givenUp, ...filled.givenUp], tidied.orphans)
    this.#tellOfLook(look, unjudgedRows(look, judged), untracked)
    if (changes.length === 0) await this.#save()
    else await this.#sayAll()
    this.#bell.ring()
  }

  /** Says on stdout what is owed there. */
  async #sayAll(): Promise<void> {
    const owed: Notification[] = []
    for (const {notification, attempts} of this.#state.outbox[stdout] ?? [])
      owed.push({...notification, attempt: attempts + 1})
    const tried = (this.#state.outbox[stdout] ?? []).map(one => ({...one, attempts: one.attempts + 1}))
    this.#state = {...this.#state, outbox: {...this.#state.outbox, [stdout]: tried}}
    await this.#save()
    for (const notification of owed) this.#options.say(notification)
    this.#state = {...this.#state, outbox: {...this.#state.outbox, [stdout]: []}}
    if (owed.length > 0) await this.#save()
  }

  async #deliverTo(receiver: Receiver, signal: AbortSignal): Promise<void> {
    const {id, kind, address} = receiver
    let failures = 0
    // After a start at once: the receiver may have started anew, too.
    let remindedAt = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      const begun = begin(this.#state.outbox, id)
      const left =
        kind.remind === undefined ? idle : remindedAt + kind.remind.everySeconds * 1000 - performance.now()
      const firing = begun === null && left <= 0 ? this.#firing() : []
      if (begun === null && firing.length === 0) {
        // What begins to fire rings; of what does not there is nothing to remind of.
        await this.#bell.wait(left <= 0 ? idle : left, signal)
        continue
      }
      const within = AbortSignal.any([timeLimit(deliverySeconds), this.#soon.signal])
      try {
        if (begun === null) {
          await kind.remind?.deliver(address, firing, within)
          remindedAt = performance.now()
        } else {
          this.#state = {...this.#state, outbox: begun.outbox}
          await this.#save()
          await kind.deliver(address, begun.notification, within)
          this.#state = {...this.#state, outbox: arrived(this.#state.outbox, id, begun.notification.id)}
          await this.#save()
        }
        if (failures > 0) this.#options.tell(`${receiverName(receiver)} takes alerts again`)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        const seconds = backOffSeconds(failures)
        this.#options.tell(
          `${receiverName(receiver)} did not take an alert: ${(error as Error).message}; again in ${duration(seconds)}`,
        )
        await pause(seconds * 1000, undefined, {signal}).catch(() => {})
      }
    }
  }

  #firing(): Notification[] {
    const {tool, hub} = this.#options
    const isFiring = ({phase, firedAt}: Tracked) => phase === 'firing' && firedAt !== null
    return this.#state.alerts
      .filter(isFiring)
      .map(alert =>
        notificationOf(
          {event: 'fired', at: alert.firedAt ?? 0, why: null, alert},
          {id: randomUUID(), tool, hub},
        ),
      )
  }

  /** One write after the other, each of what is known when it begins. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      try {
        await writeState(this.#options.stateFile, this.#state)
        if (!this.#isSaved) this.#options.tell('the state of alerts is kept again')
        this.#isSaved = true
      } catch (error) {
        if (this.#isSaved)
          this.#options.tell(
            `the state of alerts cannot be kept: ${(error as Error).message}; after a restart now, changes would be said again`,
          )
        this.#isSaved = false
      }
    })
    return this.#saving
  }

  #tellGivenUp(givenUp: readonly GivenUp[], orphans: readonly {receiver: string; many: number}[]): void {
    const {tell} = this.#options
    const words = {expired: 'for a day', 'too-many': 'and too many others wait'}
    for (const {receiver, notification, why} of givenUp)
      tell(
        `given up for ${receiver}: ${notification.alert.key} ${notification.event} at ${notification.at}: it was not taken ${words[why]}`,
      )
    for (const {receiver, many} of orphans)
      tell(`given up: ${plural(many, 'change')} for ${receiver}, which is not configured any more`)
  }

  /** Once each: what cannot be judged, and when it can be again. */
  #tellOfLook(look: Look, unjudged: ReturnType<typeof unjudgedRows>, untracked: number): void {
    const {tell} = this.#options
    const metrics = new Map(unjudged.map(({row, why}) => [row.metric, why]))
    const fresh = [...metrics].filter(([metric]) => !this.#unjudged.has(metric))
    for (const why of new Set(fresh.map(([, reason]) => reason)))
      tell(
        `cannot judge ${fresh
          .filter(([, reason]) => reason === why)
          .map(([metric]) => metric)
          .join(', ')}: ${why}; their alerts stay as they are`,
      )
    const again = [...this.#unjudged].filter(metric => !metrics.has(metric))
    if (again.length > 0) tell(`can judge ${again.join(', ')} again`)
    this.#unjudged = new Set(metrics.keys())
    if (look.windows === null && !this.#isCounted)
      tell(
        'nobody records this hub (hub-mon record): tasks are judged by counters since their own start, not of a window',
      )
    this.#isCounted = look.windows === null
    if (untracked > 0 && this.#untracked === 0)
      tell(`${plural(untracked, 'more alert')} beyond the first ${this.#state.alerts.length}: not followed`)
    this.#untracked = untracked
  }

  #tellLeft(): void {
    const left = Object.values(this.#state.outbox).reduce((sum, waiting) => sum + waiting.length, 0)
    if (left > 0) this.#options.tell(`${plural(left, 'change')} not delivered yet; kept for the next start`)
  }
}
