import {describe, expect, test} from 'vitest'
import {arrange} from '../../../../src/render/doctor/arrange.ts'
import {doctorFormats} from '../../../../src/render/doctor/registry.ts'
import type {View} from '../../../../src/render/view.ts'
import {cureBy} from '../../../../src/report/finding.ts'
import {finding, hostile, report} from '../../../golden/reports.ts'

const view: View = {columns: 80, color: false, unicode: true, fit: true, verbosity: 'normal'}

describe('arrange', () => {
  const checks = (names: {finding: {check: string}; consequences: {check: string}[]}[]) =>
    names.map(({finding, consequences}) => [finding.check, ...consequences.map(({check}) => check)])

  test('puts what follows under the first cause, however long the chain', () => {
    const {problems} = arrange([
      finding('a.root', 'critical'),
      finding('b.next', 'critical', {becauseOf: 'a.root'}),
      finding('c.own', 'warning'),
      finding('d.last', 'warning', {becauseOf: 'b.next'}),
    ])
    expect(checks(problems)).toEqual([['a.root', 'b.next', 'd.last'], ['c.own']])
  })

  test('loses nothing whose cause is not shown, or that is its own cause', () => {
    const {problems} = arrange([
      finding('a.x', 'warning', {becauseOf: 'not.here'}),
      finding('b.x', 'warning', {becauseOf: 'c.x'}),
      finding('c.x', 'warning', {becauseOf: 'b.x'}),
      finding('d.x', 'critical', {becauseOf: 'd.x'}),
      finding('e.x', 'critical', {becauseOf: 'f.x'}),
      finding('f.x', 'pass'),
    ])
    expect(checks(problems).flat().sort()).toEqual(['a.x', 'b.x', 'c.x', 'd.x', 'e.x'])
  })
})

describe('table', () => {
  test('the last line has the verdict and what to type', () => {
    const text = doctorFormats.table(
      report([
        finding('redis.reachable', 'critical', {remedies: [cureBy('again', 'hub-mon', 'restart', 'redis')]}),
        finding('celery.queue-depth', 'warning'),
      ]),
      view,
    )
    expect(text.trimEnd().split('\n').at(-1)).toBe('1 critical, 1 warning. Next: hub-mon restart redis')
  })

  test('without a command to type, a closer look at the first problem is next', () => {
    const text = doctorFormats.table(report([finding('host.disk', 'warning')]), view)
    expect(text).toMatch(/1 warning\. Next: hub-mon explain host\.disk\n$/)
  })

  test('a command is never broken, however narrow the terminal is', () => {
    const command = ['docker', 'exec', 'hub-celery-worker', 'celery', 'inspect', 'a'.repeat(90)]
    const text = doctorFormats.table(
      report([finding('a.b', 'critical', {remedies: [cureBy('long', ...command)]})]),
      {...view, columns: 40},
    )
    expect(text.split('\n').map(line => line.trim())).toContain(command.join(' '))
  })
})

describe('a chain of causes', () => {
  const chain = report([
    finding('a.root', 'critical'),
    finding('b.next', 'critical', {becauseOf: 'a.root'}),
    finding('c.last', 'warning', {becauseOf: 'b.next'}),
    finding('d.unread', 'skipped', {becauseOf: 'b.next'}),
  ])
  const inFull = 'because of b.next, because of a.root'

  test.each(['table', 'github', 'markdown'] as const)(
    '%s puts all below the root, by way of what',
    format => {
      const text = doctorFormats[format](chain, {...view, columns: 200})
      expect(text).toContain('message of c.last (because of b.next)')
      expect(text).toContain('message of b.next')
      expect(text).not.toContain('message of b.next (because of')
    },
  )

  test('short names the nearest cause of each, below the root', () => {
    expect(doctorFormats.short(chain, view).split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/a\.root: message of a\.root$/),
      expect.stringMatching(/b\.next: message of b\.next \(because of a\.root\)$/),
      expect.stringMatching(/c\.last: message of c\.last \(because of b\.next\)$/),
    ])
  })

  test('junit, where each stands alone, names all of it, also of what was skipped', () => {
    const text = doctorFormats.junit(chain, view)
    expect(text).toContain(`${inFull}</failure>`)
    expect(text).toContain(`<skipped message="message of d.unread; ${inFull}"/>`)
  })

  test('why a check was skipped is said with --verbose, too', () => {
    const text = doctorFormats.table(chain, {...view, columns: 200, verbosity: 'verbose'})
    expect(text).toContain(`message of d.unread (${inFull})`)
  })
})

describe('junit', () => {
  const mixed = report([
    finding('a.critical', 'critical'),
    finding('a.warning', 'warning'),
    finding('b.unknown', 'unknown'),
    finding('b.notice', 'notice'),
    finding('b.skipped', 'skipped'),
    finding('b.pass', 'pass'),
  ])

  test('a warning is a failure unless --fail-on says otherwise', () => {
    const head = (failOn?: View['failOn']) =>
      /<testsuites .*>/.exec(doctorFormats.junit(mixed, failOn === undefined ? view : {...view, failOn}))?.[0]
    expect(head()).toContain('tests="6" failures="2" errors="1" skipped="1"')
    expect(head('warning')).toContain('failures="2"')
    expect(head('critical')).toContain('failures="1"')
    expect(head('never')).toContain('failures="1"')
  })

  test('a suite a category, a case a check', () => {
    const text = doctorFormats.junit(mixed, view)
    expect(text.match(/<testsuite name="[^"]*"/g)).toEqual(['<testsuite name="a"', '<testsuite name="b"'])
    expect(text.match(/<testcase /g)).toHaveLength(6)
    expect(text).toContain('classname="hub-mon.a" name="a.critical"')
  })

  test('hostile text stays text', () => {
    const text = doctorFormats.junit(hostile, view)
    // What is left between tags and quotes has no markup of its own.
    const bare = text.replace(/<\/?[a-z-]+(?: [a-z]+="[^"<]*")*\/?>|<\?xml [^>]*\?>/g, '')
    expect(bare).not.toMatch(/[<>]/)
    expect(bare).not.toMatch(/&(?!(amp|lt|gt|quot|apos);)/)
    expect(text).not.toMatch(/[^\n\x20-\ufffd]/)
  })
})

describe('github', () => {
  test('a line a cause, with nothing that ends or starts a command', () => {
    const lines = doctorFormats.github(hostile, view).trimEnd().split('\n')
    expect(
      lines.slice(0, -1).every(line => /^::(error|warning|notice) title=hub-mon [a-z.-]+/.test(line)),
    ).toBe(true)
    expect(lines.at(-1)).toMatch(/^1 critical, 3 warnings\. Next: hub-mon restart /)
  })

  test('percent signs, colons and commas cannot be mistaken', () => {
    const base = report([finding('compose.file-valid', 'critical', {message: '100%0A: a, b'})])
    const text = doctorFormats.github(
      {...base, target: {...base.target, composeFile: '/srv/a,b:c%/compose.yml'}},
      view,
    )
    expect(text).toContain('file=/srv/a%2Cb%3Ac%25/compose.yml::100%250A: a, b\n')
  })

  test('more than GitHub shows are told in the tenth', () => {
    const many = report(Array.from({length: 14}, (_, place) => finding(`a.n${place}`, 'warning')))
    const lines = doctorFormats.github(many, view).trimEnd().split('\n')
    expect(lines).toHaveLength(11)
    expect(lines[9]).toBe('::warning title=hub-mon::and 5 more: a.n9, a.n10, a.n11, a.n12, a.n13')
  })
})

describe('markdown', () => {
  test('text of the hub is neither link, image, mention, table cell nor HTML', () => {
    const message = '![x](http://evil) <img src=x> @team a|b www.evil.com `code` # title'
    const text = doctorFormats.markdown(report([finding('a.b', 'pass', {message})]), view)
    const row = text.split('\n').find(line => line.startsWith('| `a.b`'))
    expect(row).toBe(
      '| `a.b` | Title of a.b | !\\[x\\](http&#58;//evil) &lt;img src=x&gt; &#64;team a\\|b www&#46;evil.com \\`code\\` # title |',
    )
  })

  test('a fence is longer than what stands in it', () => {
    const text = doctorFormats.markdown(
      report([finding('a.b', 'critical', {remedies: [cureBy('x', 'echo', '````')]})]),
      view,
    )
    expect(text).toContain("`````sh\n# x\necho '````'\n`````")
  })
})

test('on a narrow terminal a title goes on under its beginning, and what was seen gives way', () => {
  const title = 'The containers are as the compose file says'
  const text = doctorFormats.table(
    report([finding('stack.unchanged', 'pass', {title, message: 'nothing has changed since'})]),
    {...view, fit: true, columns: 40},
  )
  expect(text).toContain('stack  ✓ pass  The containers are as the\n               compose file says\n')
  expect(text).not.toContain('nothing has changed')
})
