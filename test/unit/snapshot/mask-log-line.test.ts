import {describe, expect, it} from 'vitest'
import {maskLogLine} from '../../../src/snapshot/mask-log-line.ts'
import {Secrets} from '../../../src/snapshot/secrets.ts'

const secrets = new Secrets()
secrets.add('hunter22')
const mask = (line: string) => maskLogLine(line, secrets)

describe('a line of a log', () => {
  it.each([
    ['a known secret', 'the word is hunter22', 'the word is ***'],
    [
      'credentials in a URL',
      'Connected to redis://:s3cret@redis:6379/0',
      'Connected to redis://:***@redis:6379/0',
    ],
    ['a pair by its name', 'login with password=s3cret, user=bob', 'login with password=***, user=bob'],
    ['a pair behind another', 'login: password=s3cret/+= ok', 'login: password=*** ok'],
    ['JSON by its name', '{"api_token": "s3cret", "level": "info"}', '{"api_token": ***, "level": "info"}'],
    ['a header', 'Authorization: Basic YWRtaW46czNjcmV0', 'Authorization: Basic ***'],
    [
      'a result',
      "Task tasks.add[6f2] succeeded in 0.0012s: {'card': 4111}",
      'Task tasks.add[6f2] succeeded in 0.0012s: ***',
    ],
    [
      'arguments at level DEBUG',
      "TaskPool: Apply <function fast_trace> (args:('tasks.add', '6f2', {'kwargs': 1}))",
      'TaskPool: Apply <function fast_trace> (args:***',
    ],
    [
      'arguments in a format of their own',
      "received tasks.add argsrepr='(4111,)' kwargsrepr={}",
      'received tasks.add argsrepr=***',
    ],
  ])('hides %s', (_what, line, shown) => expect(mask(line)).toBe(shown))

  it.each([
    'celery@worker ready.',
    'Task app.tasks.failing[6f2] raised unexpected: CustomerMissing(7)',
    '1:M 25 Nov 2026 16:47:00.100 * Ready to accept connections tcp',
    'mingle: searching for neighbors',
    'author: bob, targets=3',
  ])('leaves %s', line => expect(mask(line)).toBe(line))
})
