import {spawn} from 'node:child_process'
import {clean} from '../../render/text/clean.ts'
import {type Notification, runbookOf} from '../notification.ts'
import type {NotifierKind} from './notifier.ts'

const mostWords = 200

/** Runs a command by the shell: the change as JSON on its stdin, and in `HUB_MON_ALERT_*` variables. */
export const exec: NotifierKind = {
  kind: 'exec',
  takes: '<command>',
  summary: 'run a command for each change: JSON on its stdin, HUB_MON_ALERT_* in its environment',
  about:
    'The document on the stdin of `/bin/sh -c <command>`, which has 30 s and must end with 0. What it prints is not shown; the last words of its stderr are said when it fails.',
  example: `logger -t hub "$HUB_MON_ALERT_SEVERITY $HUB_MON_ALERT_SUMMARY"`,
  fault: command => (command.trim() === '' ? 'wants a command' : null),
  // A token may stand anywhere in a command line: its first word is what it is known by.
  place: command => {
    const [program = '', ...rest] = command.trim().split(/\s+/)
    return rest.length === 0 ? program : `${program} …`
  },
  deliver: run,
}

async function run(command: string, notification: Notification, within: AbortSignal): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], {
    // What it prints is not the result of this command.
    stdio: ['pipe', 'ignore', 'pipe'],
    env: {...process.env, ...variables(notification)},
    // A group of its own: what it starts ends with it, and Ctrl-C is for us alone.
    detached: true,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-mostWords)
  })
  // A command that reads nothing has closed its stdin.
  child.stdin.on('error', () => {})
  child.stdin.end(`${JSON.stringify(notification)}\n`)
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  within.addEventListener('abort', end)
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve([code, signal]))
    })
    if (within.aborted) throw new Error('the command did not end in time')
    const words = said.trim() === '' ? '' : `: ${said.trim().split('\n').at(-1)}`
    if (code !== 0) throw new Error(`the command ended with ${code ?? signal}${words}`)
  } finally {
    within.removeEventListener('abort', end)
    child.stderr.destroy()
  }
}

function variables({event, id, at, attempt, hub, alert}: Notification): Record<string, string> {
  const {name, key, metric, severity, value, summary, description, since} = alert
  const labels = Object.entries(alert.labels).map(([label, text]) => [label.toUpperCase(), text])
  const named = {
    ...{EVENT: event, ID: id, AT: at, ATTEMPT: attempt, HUB: hub, NAME: name, KEY: key, METRIC: metric},
    ...{SEVERITY: severity, VALUE: value ?? '', SUMMARY: summary, DESCRIPTION: description},
    ...{SINCE: since ?? '', RUNBOOK: runbookOf(alert), ...Object.fromEntries(labels)},
  }
  // Names come from the hub: no NUL, which no variable can hold, and nothing that a terminal acts on.
  return Object.fromEntries(
    Object.entries(named).map(([variable, text]) => [`HUB_MON_ALERT_${variable}`, clean(String(text))]),
  )
}
