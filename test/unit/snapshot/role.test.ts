import {describe, expect, it} from 'vitest'
import {type RoleNames, roleOf} from '../../../src/snapshot/role.ts'

const role = (
  name: string,
  image: string | null,
  command: string | string[] = [],
  names: RoleNames = {},
): string | null =>
  roleOf({name, image, command: typeof command === 'string' ? command.split(' ') : command}, names)

describe('roleOf', () => {
  it.each([
    ['the official image', 'broker', 'redis:7-alpine', 'docker-entrypoint.sh redis-server', 'redis'],
    ['a registry and a digest', 'x', 'registry.example.org:5000/library/redis@sha256:ab', '', 'redis'],
    ['valkey', 'x', 'valkey/valkey:8', '', 'redis'],
    ['a server in an image of another name', 'x', 'hub-mon/hub:0.1', 'redis-server --port 6379', 'redis'],
    ['not an exporter', 'redis-exporter', 'oliver006/redis_exporter', '', null],
    ['not a sentinel', 'x', 'redis:7', 'redis-sentinel /etc/sentinel.conf', null],
    ['a worker', 'x', 'app', 'celery -A app.celery_app worker --concurrency=2', 'worker'],
    ['a worker of Celery 4', 'x', 'app', 'celery worker -A app', 'worker'],
    ['a worker by its module', 'x', 'app', 'python3 -m celery -A app worker', 'worker'],
    ['a worker that carries the beat', 'x', 'app', 'celery -A app worker -B', 'worker'],
    ['an application that is called worker', 'x', 'app', 'celery -A worker beat', null],
    ['beat', 'celery-worker', 'app', 'celery -A app beat', null],
    ['Flower', 'x', 'app', 'celery -A app flower --port=5555', 'flower'],
    ["Flower's own image", 'x', 'mher/flower:2.0', '', 'flower'],
    [
      'the recorder of the bundled stack',
      'recorder',
      'hub-mon/recorder:0.1.0',
      'record --wait 1h',
      'recorder',
    ],
    ['a recorder by its command', 'x', 'own', 'node /opt/hub-mon/bin/run.js record', 'recorder'],
    ['not another that records', 'x', 'own', 'ffmpeg record', null],
    ['a proxy', 'x', 'caddy:2-alpine', 'caddy run --config /etc/caddy/Caddyfile', 'proxy'],
    ['a proxy in an image of another name', 'x', 'own', '/usr/bin/caddy run', 'proxy'],
    ['a proxy by its name', 'proxy', 'nginx', 'nginx', 'proxy'],
    ['not another command of its', 'x', 'own', 'caddy fmt', null],
    ['a bystander', 'web', 'nginx', 'nginx -g daemon off;', null],
    ['a name alone', 'celery_worker', null, '', 'worker'],
  ])('%s', (_title, name, image, command, expected) => {
    expect(role(name, image, command)).toBe(expected)
  })

  it('looks into a shell line', () => {
    expect(role('x', 'app', ['sh', '-c', 'wait-for redis:6379 && exec celery -A app worker'])).toBe('worker')
  })

  it('follows the configuration, and gives a named role to no other', () => {
    const names = {redis: 'cache-and-broker', workers: ['jobs']}
    expect(role('cache-and-broker', 'own/image', '', names)).toBe('redis')
    expect(role('redis', 'redis:7', '', names)).toBeNull()
    expect(role('jobs', 'own/image', 'start.sh', names)).toBe('worker')
    expect(role('other', 'app', 'celery -A app worker', names)).toBeNull()
    expect(role('x', 'mher/flower', '', names)).toBe('flower')
  })
})
