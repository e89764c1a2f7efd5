import {PassThrough} from 'node:stream'
import type {WriteStream} from 'node:tty'
import {describe, expect, it} from 'vitest'
import {runSteps} from '../../../src/cli/progress.ts'
import type {Step} from '../../../src/stack/step.ts'

const steps: Step[] = [
  {
    title: 'Images',
    async run(report) {
      report.at('pulling a layer')
      report.done('redis:7 with s3cret\u001b[2J')
      report.warn('flower is left out')
    },
  },
  {title: 'Ports', run: async report => report.skipped('none')},
]
const failing: Step = {title: 'Containers', run: () => Promise.reject(new Error('no'))}
const never: Step = {title: 'Never', run: () => Promise.reject(new Error('was begun'))}

async function show(
  list: Step[],
  mode: {animate?: boolean; columns?: number; quiet?: boolean; json?: boolean},
) {
  const stream = Object.assign(new PassThrough(), {columns: mode.columns ?? 80, isTTY: true}) as unknown
  const terminal = {
    columns: 80,
    color: false,
    stdoutIsTerminal: false,
    animate: mode.animate ?? false,
    canAsk: false,
    unicode: true,
  }
  const secrets = {mask: (text: string) => text.replaceAll('s3cret', '***')}
  const ended = runSteps(list, {
    terminal,
    quiet: mode.quiet ?? false,
    json: mode.json ?? false,
    secrets,
    stream: stream as WriteStream,
  })
  const failure = await ended.then(
    () => null,
    (error: Error) => error.message,
  )
  return {failure, text: String((stream as PassThrough).read() ?? '')}
}

describe('runSteps', () => {
  it('writes a line a step where nothing can be drawn, masked and clean', async () => {
    expect(await show(steps, {})).toEqual({
      failure: null,
      text: '✓ Images: redis:7 with ***\\x1b[2J\n! flower is left out\n– Ports: none\n',
    })
  })

  it('writes lines on a terminal that does not tell its width', async () => {
    expect((await show(steps, {animate: true, columns: 0})).text).toBe((await show(steps, {})).text)
  })

  it('says which step failed, and begins no other', async () => {
    expect(await show([failing, never], {})).toEqual({failure: 'no', text: '✗ Containers\n'})
    expect((await show([failing, never], {animate: true})).failure).toBe('no')
  })

  it.each([{quiet: true}, {json: true}])('is silent with %j', async mode => {
    expect(await show(steps, mode)).toEqual({failure: null, text: ''})
    expect((await show([failing], mode)).failure).toBe('no')
  })

  it('draws on a terminal, and writes to the given stream alone', async () => {
    const {text} = await show(steps, {animate: true})
    expect(text).toContain('Images: redis:7 with ***')
    expect(text).toContain('flower is left out')
    expect(text).not.toContain('\u001b[2J')
    expect(text).not.toContain('s3cret')
  })
})
