import {describe, expect, it} from 'vitest'
import {renderQueues} from '../../../../src/render/queues/table.ts'
import {width} from '../../../../src/render/text/width.ts'
import type {View} from '../../../../src/render/view.ts'
import {queueRows} from '../../../../src/report/queues.ts'
import type {CeleryFacts, Queue} from '../../../../src/snapshot/celery.ts'
import {healthy, queue} from '../../../fixtures/healthy.ts'

const piped: View = {columns: 100, color: false, unicode: true, fit: false, verbosity: 'normal'}

async function render(
  queues: Queue[],
  view: Partial<View> = {},
  {all = false, ...more}: Partial<CeleryFacts> & {all?: boolean} = {},
): Promise<string> {
  const snapshot = healthy()
  const reading = snapshot.sources.celery
  if (reading?.status !== 'fresh') throw new Error('no facts')
  const celery = {...reading.value, queues, ...more}
  return await renderQueues(queueRows(celery), celery, snapshot, {...piped, ...view}, {all})
}

const sample = {
  messages: 100,
  complete: false,
  oldest: {id: '1', task: 'hub.quick', eta: null, retries: 0},
  byTask: [
    {task: 'hub.quick', messages: 75},
    {task: 'hub.slow', messages: 25},
  ],
  unreadable: [],
  largestBytes: 2048,
  averageBytes: 1024,
}
const busy = queue('mail', 1200, {
  byPriority: {0: 1199, 3: 0, 6: 0, 9: 1},
  unacked: 8,
  sample,
  flow: {seconds: 1, ready: 1190, arrived: 10, taken: 20, headUnchanged: false},
})

describe('the table of queues', () => {
  it('has a row each, with what is not known as a dash', async () => {
    const text = await render([busy, queue('idle', 0, {consumers: null, unacked: null})])
    const [, , title, , head, mail, idle] = text.split('\n')
    expect(title).toBe('2 queues, 1,200 messages ready')
    expect(head).toMatch(
      /^queue +ready +by priority +unacked +consumers +in\/s +out\/s +empty in +oldest +waiting +size +remarks$/,
    )
    expect(mail).toMatch(
      /^mail +1,200 +0: 1,199, 9: 1 +8 +1 +10 +20 +2 min +hub\.quick +75 % hub\.quick, 25 % hub\.slow +1\.2 MiB +-$/,
    )
    expect(idle).toMatch(/^idle +0( +-)+$/)
  })

  it('says what to type where something is wrong, and nothing where all is well', async () => {
    const stuck = queue('stuck', 3, {
      consumers: [],
      sample: {...sample, complete: true},
      flow: {seconds: 1, ready: 3, arrived: 0, taken: 0, headUnchanged: true},
    })
    const text = await render([stuck])
    expect(text).toContain('hub.quick, unchanged for 1 s')
    expect(text).toContain('nobody consumes it')
    expect(text.trimEnd().split('\n').at(-1)).toBe('1 queue with a remark. Next: hub-mon doctor')
    expect(await render([queue('well', 0)])).not.toContain('Next:')
  })

  it('folds what is empty and well where there are many', async () => {
    const many = Array.from({length: 200}, (_, n) => queue(`q${n}`, n < 3 ? 5 : 0))
    const text = await render(many)
    expect(text.split('\n').filter(line => /^q\d/.test(line))).toHaveLength(3)
    expect(text).toContain('and 197 empty queues: hub-mon queues --all')
    expect((await render(many, {}, {all: true})).split('\n').filter(line => /^q\d/.test(line))).toHaveLength(
      200,
    )
    const quiet = await render(many.map(one => ({...one, ready: 0})))
    expect(quiet).toContain('200 queues, nothing waits')
  })

  it('takes no more than a screen on a terminal, the worst and the longest first', async () => {
    const many = Array.from({length: 200}, (_, n) => queue(`q${n}`, n < 100 ? n : 0))
    const lines = (await render(many, {fit: true, columns: 120})).split('\n')
    expect(lines.length).toBeLessThan(45)
    expect(lines.find(line => /^q\d/.test(line))).toMatch(/^q99 /)
    expect(lines.join('\n')).toContain('and 69 shorter queues and 101 empty queues: hub-mon queues --all')
  })

  it('fits a terminal of any width, with all that is hostile in names made visible', async () => {
    const hostile = {...busy, name: `\x1b[2J\u202e${'n'.repeat(80)}`, consumers: []}
    for (const columns of [40, 60, 80, 100, 140, 200]) {
      const text = await render([hostile, busy], {fit: true, columns})
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/)
      const table = text.split('\n').filter(line => !line.includes('Next:'))
      for (const line of table) expect(width(line)).toBeLessThanOrEqual(columns)
    }
  })

  it('names messages that lie aside and how to put them back', async () => {
    const text = await render(
      [queue('mail', 0)],
      {},
      {
        takenAway: [{id: '20261123T091500Z-00ff00ff', queue: 'mail', messages: 12, at: null, file: null}],
      },
    )
    expect(text).toContain('12 messages of mail lie aside')
    expect(text).toContain('Next: hub-mon queues restore 20261123T091500Z-00ff00ff')
  })
})
