import {describe, expect, it} from 'vitest'
import type {Target} from '../../../src/snapshot/snapshot.ts'
import {confirmLoss, describeLoss} from '../../../src/stack/down.ts'

const target: Target = {
  kind: 'compose',
  how: 'flags',
  project: 'shop',
  composeFile: '/srv/compose.yml',
  startedFromOther: null,
  flags: ['--file', '/srv/my compose.yml'],
}
const stack = {project: 'shop', target}

describe('describeLoss', () => {
  it.each([
    [{ready: 3, unacked: 2}, 'Messages that are lost: 3 ready, 2 unacked.'],
    [{ready: 0, unacked: 0}, 'No message is lost: the queues are empty.'],
    [{ready: 1, unacked: null}, 'Messages that are lost: 1 ready, how many unacked could not be counted.'],
    [null, 'How many messages are lost could not be counted.'],
  ])('%j', (messages, words) => {
    expect(describeLoss({volumes: ['shop_data']}, messages)).toBe(
      `The volume shop_data will be removed with all that is in it. ${words}`,
    )
  })
})

describe('confirmLoss', () => {
  const loss = 'All is lost.'

  it('asks for the name of the project, and takes no other answer', async () => {
    const asked: string[] = []
    const answering = (answer: string) => async (question: string) => {
      asked.push(question)
      return answer
    }
    await confirmLoss(stack, loss, {yes: false, ask: answering(' shop\n')})
    expect(asked[0]).toContain(loss)
    for (const answer of ['y', 'yes', 'Shop', ''])
      await expect(confirmLoss(stack, loss, {yes: false, ask: answering(answer)})).rejects.toMatchObject({
        exit: 64,
      })
  })

  it('does not ask with --yes', async () => {
    await confirmLoss(stack, loss, {yes: true, ask: () => Promise.reject(new Error('asked'))})
  })

  it('refuses where nobody can be asked, and says what to type', async () => {
    await expect(confirmLoss(stack, loss, {yes: false, ask: null})).rejects.toMatchObject({
      exit: 64,
      suggestions: ["hub-mon down --volumes --yes --file '/srv/my compose.yml'"],
    })
  })
})
