import type {RedisUser} from './user.ts'

/** Asks what its own user may do: `doctor` proves with it that the user can write nothing else. */
const ownRights = ['+acl|whoami', '+acl|dryrun']

/** What a look reads, each command because something is told by it. */
const look = [
  ...['+ping', '+select', '+info', '+time', '+config|get', '+scan', '+exists', '+smembers'],
  ...['+llen', '+lrange', '+lindex', '+lpos', '+strlen', '+get', '+getrange', '+mget'],
  ...['+hlen', '+hscan', '+hmget', '+hgetall', '+hstrlen', '+zrange', '+zscore', '+ttl', '+pttl'],
  ...['+memory|usage', '+object|idletime', ...ownRights],
]
/** Sends a question to the nodes, takes their answers and hears their heartbeats. */
const ask = ['+multi', '+exec', '+publish', '+sadd', '+srem', '+brpop', '+rpop', '+del', '+subscribe']
/** Where the nodes are asked, and where they send their heartbeats, which tell their clocks: of tasks no event. */
const channels = ['&*.pidbox', '&*celeryev/worker.*', '&*celeryev/hub-mon.*']
/** Takes a queue aside and puts it back. */
const move = ['+rename', '+renamenx', '+lmove', '+lpush', '+unlink']
/** Everything may be read; written is what nodes and we put there for a question, and taken away again. */
const keysOfAsking = ['%R~*', '%RW~*_kombu.binding.reply.*', '%RW~*.reply.*.pidbox']

/**
 * What kombu does on either side, for those that speak to nodes as well: the mutex of the visibility timeout is a script. From redis-py 5
 * on, each connection says by which library it is.
 */
const kombu = [
  ...[
    '+ping',
    '+select',
    '+client|setinfo',
    '+multi',
    '+exec',
    '+watch',
    '+unwatch',
    '+evalsha',
    '+script|load',
  ],
  ...['+publish', '+subscribe', '+unsubscribe', '+psubscribe', '+punsubscribe'],
  ...['+lpush', '+rpush', '+rpop', '+brpop', '+llen', '+exists', '+del', '+pexpire', '+get', '+set'],
  ...['+sadd', '+srem', '+smembers', '+hset', '+hget', '+hdel', '+zadd', '+zrem', '+zrevrangebyscore'],
]
/** What the result backend does beside that: results, groups, and the counting of a chord. */
const results = ['+mget', '+setex', '+expire', '+incr', '+zcount', '+zrange', '+lrange']
/** What the recorder does under its own names: it writes only while it leads. */
const history = ['+watch', '+unwatch', '+set', '+hset', '+expire', '+pexpire']

/** Each program that signs in to the Redis of a hub in production; `default` is off. */
export const redisUsers = [
  {
    name: 'worker',
    for: 'the nodes, and what sends tasks',
    why: 'Queues and results may have any name, so that it may change every key, by what kombu and the result backend do and by nothing else.',
    rules: ['-@all', ...kombu, ...results, '~*', '&*'],
  },
  {
    name: 'flower',
    for: 'Flower',
    why: 'Events, questions to the nodes, lengths of queues and results. Whoever consumes as kombu does gives back what a node has not acknowledged in time, to any queue.',
    rules: ['-@all', ...kombu, '+mget', '~*', '&*'],
  },
  {
    name: 'recorder',
    for: 'hub-mon record',
    why: 'A look with its questions to the nodes, the events, and the history under its own names.',
    rules: ['-@all', ...look, ...ask, ...history, '+psubscribe', ...keysOfAsking, '%RW~hub-mon:*', '&*'],
  },
  {
    name: 'health',
    for: 'the health check of Redis',
    why: 'Says PING.',
    rules: ['-@all', '+ping'],
  },
  {
    name: 'hub-mon-ask',
    for: 'hub-mon',
    why: 'Buys all that hub-mon shows. It writes where nodes put their replies, and nowhere else.',
    rules: ['-@all', ...look, ...ask, ...keysOfAsking, ...channels],
  },
  {
    name: 'hub-mon-passive',
    for: 'hub-mon --passive',
    why: 'Looks and writes nothing.',
    rules: ['-@all', ...look, '%R~*'],
  },
  {
    name: 'hub-mon-act',
    for: 'hub-mon queues purge and queues restore',
    why: 'A queue may have any name, so that it may change every key.',
    rules: ['-@all', ...look, ...ask, ...move, '~*', ...channels],
  },
  {
    name: 'hub-mon-admin',
    for: 'hub-mon secrets rotate and secrets check',
    why: 'Changes users and reads no key. Who may change users can become any of them: this one is kept by the operator alone.',
    rules: [
      ...['-@all', '+ping', '+info', '+client|list', '+acl|setuser', '+acl|getuser', '+acl|list'],
      ...['+acl|log', ...ownRights],
    ],
  },
] as const satisfies readonly RedisUser[]

/** Words that not every Redis 7 knows, and the first that does. One that does not refuses the whole line. */
export const firstKnown: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  '+client|setinfo': [7, 2],
}

export type RedisUserName = (typeof redisUsers)[number]['name']

export function redisUser(name: RedisUserName): RedisUser {
  const found = redisUsers.find(user => user.name === name)
  if (found === undefined) throw new Error(`no user of Redis is called ${name}`)
  return found
}
