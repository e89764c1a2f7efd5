import {describe, expect, it} from 'vitest'
import {findSwallowsStop} from '../../../../src/sources/docker/swallows-stop.ts'

const none = '0000000000000000'
const shell = '0000000000010002'
const term = '0000000000004207'
const worker = 'python3 /usr/bin/celery -A app.celery_app worker -E'

describe('findSwallowsStop', () => {
  it.each<[string, string | null | undefined, string[][]]>([
    [
      'a shell with Celery below',
      'sh',
      [
        ['9', '1', shell, `/bin/sh -c ${worker}; true`],
        ['12', '9', term, worker],
      ],
    ],
    [
      'the same below an init',
      'bash',
      [
        ['9', '1', none, `/sbin/docker-init -- bash -c ${worker}; true`],
        ['12', '9', shell, `bash -c ${worker}; true`],
        ['13', '12', term, worker],
      ],
    ],
    [
      'a shell that has a trap',
      null,
      [
        ['9', '1', '0000000000014002', 'sh /start.sh'],
        ['12', '9', term, worker],
      ],
    ],
    [
      'a script that still waits for Redis',
      null,
      [
        ['9', '1', shell, 'sh /start.sh celery worker'],
        ['12', '9', none, 'sleep 1'],
      ],
    ],
    [
      'Celery with its pool and the shell of a health check',
      null,
      [
        ['9', '1', term, worker],
        ['12', '9', '0000000000004a05', worker],
        ['30', '1', shell, 'sh -c celery -A app inspect ping'],
        ['31', '30', none, 'python3 /usr/bin/celery -A app inspect ping -d celery@worker'],
      ],
    ],
    [
      'Celery below an init',
      null,
      [
        ['9', '1', none, '/tini -- celery worker'],
        ['12', '9', term, worker],
      ],
    ],
    ['a ps that does not know the signals', undefined, [['9', '1', '-', worker]]],
    ['no process', undefined, []],
  ])('%s', (_title, program, Processes) => {
    expect(findSwallowsStop({Processes})).toBe(program)
  })
})
