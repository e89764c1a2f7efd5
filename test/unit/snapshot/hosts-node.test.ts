import {expect, it} from 'vitest'
import {hostsNode} from '../../../src/snapshot/docker.ts'

const runs = (command: string, hostname = 'f3a1.lan') => ({hostname, command: ['sh', '-c', command]})

it('is the container whose host name ends the name of the node', () => {
  expect(hostsNode(runs('celery -A app worker'), 'celery@f3a1.lan')).toBe(true)
  expect(hostsNode(runs('celery -A app worker'), 'celery@f3a1')).toBe(false)
})

it.each([
  ['-n jobs@shop', 'jobs@shop'],
  ['-c 2 --hostname=jobs@shop', 'jobs@shop'],
  ['-n jobs', 'celery@jobs'],
  ['-n jobs@', 'jobs@f3a1.lan'],
  ['-njobs@%n.x', 'jobs@f3a1.x'],
  ['-n "jobs@%%.%d"', 'jobs@%.lan'],
])('is the one whose command names it: %s', (words, node) => {
  expect(hostsNode(runs(`celery -A app worker ${words} -E`), node)).toBe(true)
})

it.each(['-n jobs@$NAME', '-n other@shop'])(
  'is none that names another, or leaves it to a shell: %s',
  words => {
    expect(hostsNode(runs(`nice -n jobs@shop celery worker ${words}`), 'jobs@shop')).toBe(false)
  },
)
