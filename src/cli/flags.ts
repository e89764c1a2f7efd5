import {Flags} from '@oclif/core'
import {parseDuration} from '../config/duration.ts'
import {HubError} from '../errors/hub-error.ts'

/** `500ms`, `5s`, `2m`: seconds. */
export const duration = Flags.custom<number>({
  helpValue: '<duration>',
  parse: async (input, _context, options) => {
    const seconds = parseDuration(input)
    if (seconds === null || seconds < 0)
      throw new HubError(
        'usage',
        'bad-duration',
        `--${options.name} wants a duration, not ${JSON.stringify(input)}`,
        {
          suggestions: [`--${options.name} 5s`, `--${options.name} 2m`],
        },
      )
    return seconds
  },
})

const leastWatchSeconds = 0.5

/** For commands that look: again and again. */
export const watchFlag = {
  watch: Flags.custom<number>({
    helpValue: '<duration>',
    summary: 'look again this often, until Ctrl-C; with --json a line a look',
    parse: async input => {
      const seconds = parseDuration(input)
      if (seconds === null || seconds < leastWatchSeconds)
        throw new HubError(
          'usage',
          'bad-duration',
          `--watch wants a duration of ${leastWatchSeconds} s or more, not ${JSON.stringify(input)}`,
          {suggestions: ['--watch 2s']},
        )
      return seconds
    },
  })(),
}

const [leastIntervalSeconds, mostIntervalSeconds] = [0.2, 60]

/** For commands that look twice and tell what moved in between. */
export const intervalFlag = Flags.custom<number>({
  helpValue: '<duration>',
  summary: 'between the two looks, 1s when not given; 200ms to 60s',
  parse: async input => {
    const seconds = parseDuration(input)
    if (seconds === null || seconds < leastIntervalSeconds || seconds > mostIntervalSeconds)
      throw new HubError(
        'usage',
        'bad-duration',
        `--interval wants a duration from ${leastIntervalSeconds} s to ${mostIntervalSeconds} s, not ${JSON.stringify(input)}`,
        {suggestions: ['--interval 1s', '--interval 10s']},
      )
    return seconds
  },
})()

/** For commands that read history; `cli/window.ts` makes a window of them. */
export const windowFlags = {
  since: Flags.string({
    helpValue: '<time>',
    summary: 'of the tasks since then, as a recorder kept them: 15m, 24h, 7d or a date',
    exclusive: ['from'],
  }),
  from: Flags.string({helpValue: '<time>', summary: 'likewise, up to --to'}),
  to: Flags.string({
    helpValue: '<time>',
    summary: 'end of the window, now when not given',
    dependsOn: ['from'],
  }),
}

const leastEverySeconds = 1

/** How often a follower looks. */
export const everyFlag = Flags.custom<number>({
  helpValue: '<duration>',
  summary: 'look this often, 15s when not given',
  dependsOn: ['follow'],
  parse: async input => {
    const seconds = parseDuration(input)
    if (seconds === null || seconds < leastEverySeconds)
      throw new HubError(
        'usage',
        'bad-duration',
        `--every wants a duration of ${leastEverySeconds} s or more, not ${JSON.stringify(input)}`,
        {suggestions: ['--every 15s']},
      )
    return seconds
  },
})()

/** A flag a way to tell somebody, as the registry of notifiers has them. */
export function receiverFlags(
  kinds: readonly {kind: string; takes: string; summary: string}[],
  more: {dependsOn?: string[]} = {},
) {
  return Object.fromEntries(
    kinds.map(({kind, takes, summary}) => [
      kind,
      Flags.string({multiple: true, multipleNonGreedy: true, helpValue: takes, summary, ...more}),
    ]),
  )
}

/** For commands that act on the broker or its nodes. */
export const actingFlags = {
  yes: Flags.boolean({char: 'y', default: false, summary: 'do not ask'}),
  'dry-run': Flags.boolean({default: false, summary: 'say what would be done, and do nothing'}),
}

/** The variable that stands for a flag. Its value is read by `config/resolve.ts`, which keeps the origin. */
const from = (variable: string) => `[env: ${variable}]`

/** What every command understands. */
export const commonFlags = {
  file: Flags.string({
    char: 'f',
    helpValue: '<path>',
    helpGroup: 'COMMON',
    summary: `compose file ${from('HUB_MON_FILE')}`,
  }),
  'project-name': Flags.string({
    char: 'p',
    helpValue: '<name>',
    helpGroup: 'COMMON',
    summary: `compose project ${from('HUB_MON_PROJECT_NAME')}`,
  }),
  'redis-url': Flags.string({
    helpValue: '<url>',
    helpGroup: 'COMMON',
    summary: `the broker; a password is better kept in the variable ${from('HUB_MON_REDIS_URL')}`,
  }),
  'flower-url': Flags.string({
    helpValue: '<url>',
    helpGroup: 'COMMON',
    summary: `Flower; credentials come from FLOWER_BASIC_AUTH ${from('HUB_MON_FLOWER_URL')}`,
  }),
  config: Flags.string({
    helpValue: '<path>',
    helpGroup: 'COMMON',
    summary: `configuration file ${from('HUB_MON_CONFIG')}`,
  }),
  timeout: duration({
    helpGroup: 'COMMON',
    summary: `all reading together, 4.5s when not given ${from('HUB_MON_TIMEOUT')}`,
  }),
  json: Flags.boolean({
    helpGroup: 'COMMON',
    summary: 'print one JSON document, also for errors',
    env: 'HUB_MON_JSON',
  }),
  quiet: Flags.boolean({
    char: 'q',
    helpGroup: 'COMMON',
    summary: 'print only what is not well',
    env: 'HUB_MON_QUIET',
  }),
  verbose: Flags.boolean({
    helpGroup: 'COMMON',
    summary: 'print evidence, timings and what was skipped',
    env: 'HUB_MON_VERBOSE',
    exclusive: ['quiet'],
  }),
  color: Flags.boolean({
    allowNo: true,
    helpGroup: 'COMMON',
    summary:
      'colour the output; decided by the terminal when not given [env: NO_COLOR, FORCE_COLOR, HUB_MON_NO_COLOR]',
  }),
}
