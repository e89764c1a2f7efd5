import {describe, expect, it} from 'vitest'
import {exitCodeFor} from '../../../src/cli/fail-on.ts'
import {asHubError, asRefusal} from '../../../src/cli/present-error.ts'
import {detectTerminal} from '../../../src/cli/terminal.ts'
import {HubError} from '../../../src/errors/hub-error.ts'

const plain = {color: undefined, json: false, quiet: false}
const terminal = {stdin: {isTTY: true}, stdout: {isTTY: true, columns: 120}, stderr: {isTTY: true}}
const pipe = {stdin: {}, stdout: {}, stderr: {}}

describe('detectTerminal', () => {
  it('colours and draws on a terminal, and does neither in a pipe', () => {
    expect(detectTerminal(plain, {}, terminal)).toMatchObject({
      color: true,
      animate: true,
      canAsk: true,
      columns: 120,
    })
    expect(detectTerminal(plain, {}, pipe)).toMatchObject({color: false, animate: false, canAsk: false})
  })

  it('looks at stdout for colour and at stderr for drawing', () => {
    const teed = {...terminal, stdout: {}}
    expect(detectTerminal(plain, {}, teed)).toMatchObject({
      color: false,
      animate: true,
      stdoutIsTerminal: false,
    })
  })

  it.each([
    ['--no-color wins over FORCE_COLOR', {...plain, color: false}, {FORCE_COLOR: '1'}, false],
    ['NO_COLOR wins over FORCE_COLOR', plain, {NO_COLOR: '1', FORCE_COLOR: '1'}, false],
    ['an empty NO_COLOR says nothing', plain, {NO_COLOR: ''}, true],
    ['a dumb terminal has none', plain, {TERM: 'dumb'}, false],
    ['FORCE_COLOR=0 takes it away', plain, {FORCE_COLOR: '0'}, false],
  ])('%s', (_name, flags, environment, color) => {
    expect(detectTerminal(flags, environment, terminal).color).toBe(color)
  })

  it('never draws or asks in CI or for JSON, and keeps the content', () => {
    expect(detectTerminal(plain, {CI: 'true'}, terminal)).toMatchObject({
      animate: false,
      canAsk: false,
      color: true,
    })
    expect(detectTerminal({...plain, json: true}, {}, terminal)).toMatchObject({
      animate: false,
      canAsk: false,
    })
  })

  it('falls back to ASCII where the locale says so', () => {
    expect(detectTerminal(plain, {LC_ALL: 'C'}, terminal).unicode).toBe(false)
    expect(detectTerminal(plain, {LANG: 'de_DE.UTF-8'}, terminal).unicode).toBe(true)
  })
})

describe('exitCodeFor', () => {
  it.each([
    ['ok', 0, 0, 0],
    ['warning', 1, 0, 0],
    ['critical', 2, 2, 0],
    ['unknown', 3, 3, 0],
  ] as const)('%s: %i by default, %i on critical, %i on never', (verdict, warning, critical, never) => {
    expect(exitCodeFor(verdict, 'warning')).toBe(warning)
    expect(exitCodeFor(verdict, 'critical')).toBe(critical)
    expect(exitCodeFor(verdict, 'never')).toBe(never)
  })
})

describe('what the parser refuses', () => {
  const around = (said: string) => `Parsing --limit \n\t${said}\nSee more help with --help`

  it('is said without what is put around it', () => {
    expect(asRefusal(new Error(around('Expected an integer but received: x')), 'tasks')).toMatchObject({
      ...{exit: 64, message: '--limit: Expected an integer but received: x'},
      suggestions: ['hub-mon tasks --help'],
    })
    const own = new HubError('usage', 'bad-duration', around('--limit wants a duration'))
    expect(asRefusal(own, 'tasks')).toMatchObject({code: 'bad-duration', message: '--limit wants a duration'})
  })

  it('is wrong usage where it is the value of an argument, and a bug of ours where it is none of its words', () => {
    const refused = asRefusal(new Error('Expected an integer but received: -3'), 'workers pool grow')
    expect(refused).toMatchObject({exit: 64, suggestions: ['hub-mon workers pool grow --help']})
    const bug = new TypeError('x is undefined')
    expect(asRefusal(bug, 'tasks')).toBe(bug)
  })
})

describe('asHubError', () => {
  it('takes what is not ours for a bug of ours', () => {
    expect(asHubError(new TypeError('x is undefined'))).toMatchObject({exit: 70, code: 'bug'})
    expect(asHubError('thrown words')).toMatchObject({exit: 70})
  })

  it('takes what the parser refuses for wrong usage', () => {
    const refused = Object.assign(new Error('Nonexistent flag: --bogus\nSee more help with --help'), {
      oclif: {exit: 64},
    })
    expect(asHubError(refused)).toMatchObject({exit: 64, message: 'Nonexistent flag: --bogus', detail: null})
  })
})
