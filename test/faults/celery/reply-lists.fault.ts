import {defineFault} from '../fault.ts'

/** What a caller of `celery inspect` leaves that was killed before the last reply. */
const abandon = `for i = 10, 39 do
  local list = '6a2f6ec4-3f5e-3d2e-9a55-0000000000' .. i .. '.reply.celery.pidbox'
  redis.call('LPUSH', list, string.rep('x', 200))
  redis.call('RESTORE', list, 0, redis.call('DUMP', list), 'REPLACE', 'IDLETIME', 400)
end`

export default defineFault({
  on: 'host',
  title: 'Somebody calls celery inspect and does not wait for the answers: they pile up in Redis',
  breakIt: hub => hub.redis.cli('EVAL', abandon, '0'),
  expects: {first: 'celery.reply-lists', verdict: 'warning', says: /^nobody fetches the replies in 30 lists/},
  cure: 'typed',
})
