import {describe, expect, it} from 'vitest'
import {celeryFactsOf} from '../../../src/cli/celery-facts.ts'
import type {HubError} from '../../../src/errors/hub-error.ts'
import {hub, unreadable} from '../../fixtures/broken.ts'

function thrown(code: string): HubError | null {
  const snapshot = hub(seen =>
    unreadable(seen, 'celery', {code, message: 'celery did not answer within 3 s'}),
  )
  try {
    celeryFactsOf(snapshot, () => {})
  } catch (error) {
    return error as HubError
  }
  return null
}

describe('Celery that could not be read', () => {
  it('is said with what to type, and how to wait longer where time was short', () => {
    expect(thrown('timeout')).toMatchObject({
      ...{exit: 69, message: 'celery did not answer within 3 s'},
      detail: 'on a machine that is busy, --timeout 15s gives it longer',
    })
    expect(thrown('refused')).toMatchObject({exit: 69, detail: null})
  })
})
