import {describe, expect, it} from 'vitest'
import {confirm, type Question} from '../../../src/broker/confirm.ts'

const question: Question = {
  happens: ['12 messages of queue emails are taken out.', 'They are kept in a file.'],
  subject: 'purging a queue',
  command: 'hub-mon queues purge emails --yes',
}
const answering = (answer: string, asked: string[] = []) => {
  return async (text: string) => {
    asked.push(text)
    return answer
  }
}

describe('confirm', () => {
  it.each(['y', 'Y', 'yes', ' yes\n'])('takes %j for a yes', async answer => {
    await confirm(question, {yes: false, ask: answering(answer)})
  })

  it.each(['', 'n', 'no', 'yesterday', 'emails'])('takes %j for a no', async answer => {
    await expect(confirm(question, {yes: false, ask: answering(answer)})).rejects.toMatchObject({
      code: 'not-confirmed',
      exit: 64,
      message: expect.stringContaining('nothing was touched'),
    })
  })

  it('says what will happen before it asks', async () => {
    const asked: string[] = []
    await confirm(question, {yes: false, ask: answering('y', asked)})
    expect(asked).toEqual([
      '12 messages of queue emails are taken out.\nThey are kept in a file.\nGo on? [y/N] ',
    ])
  })

  it('wants the word where there is one, and no yes', async () => {
    const word = {value: 'emails', called: "the queue's name"}
    await confirm({...question, word}, {yes: false, ask: answering(' emails\n')})
    await expect(confirm({...question, word}, {yes: false, ask: answering('yes')})).rejects.toMatchObject({
      message: "that is not the queue's name; nothing was touched",
    })
  })

  it('says what it would have asked, and what to type, where nobody can be asked', async () => {
    await expect(confirm(question, {yes: false, ask: null})).rejects.toMatchObject({
      code: 'not-confirmed',
      exit: 64,
      message: 'purging a queue wants a yes, and nobody can be asked here',
      detail: expect.stringMatching(/12 messages.*Nothing was touched\.$/s),
      suggestions: ['hub-mon queues purge emails --yes'],
    })
  })

  it('asks nobody after --yes', async () => {
    await confirm(question, {yes: true, ask: () => Promise.reject(new Error('asked'))})
  })

  it('lets no name from the hub act on the terminal', async () => {
    const asked: string[] = []
    const happens = ['queue \u001b[2Jgone is emptied']
    await confirm({...question, happens}, {yes: false, ask: answering('y', asked)})
    expect(asked.join('')).toContain('queue \\x1b[2Jgone is emptied')
  })
})
