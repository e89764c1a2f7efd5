import {bytes} from '../render/text/bytes.ts'
import {count, plural} from '../render/text/number.ts'
import {confirmBy, cureBy, decide, fixedBy} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {redisCli} from './names.ts'

const [mostLists, mostBytes] = [10, 10_000_000]

/** As long as makes a list abandoned: nobody who asked waits that long. */
const idleSeconds = 300

/**
 * One pass over the keys that removes exactly the reply lists nobody has touched for five minutes, and says how many.
 * Nothing of the hub's stands in it.
 */
const removeIdle = `local c, n = "0", 0 repeat local r = redis.call("SCAN", c, "MATCH", "*.reply.*.pidbox", "COUNT", 1000) c = r[1] for _, k in ipairs(r[2]) do local t = redis.pcall("OBJECT", "IDLETIME", k) if type(t) == "number" and t > ${idleSeconds} and redis.call("TYPE", k).ok == "list" then n = n + redis.call("DEL", k) end end until c == "0" return n`

export const celeryReplyLists = defineCheck({
  id: 'celery.reply-lists',
  category: 'celery',
  title: 'Replies of remote control are fetched',
  why: 'Every celery inspect leaves a list when its caller goes before the last reply: they never expire and fill Redis.',
  looksAt:
    'Lists named *.reply.celery.pidbox, since when nobody touched them, and how much memory they take.',
  confirm: ['docker exec hub-redis redis-cli --scan --pattern "*.reply.celery.pidbox"'],
  cure: [`docker exec hub-redis redis-cli EVAL '${removeIdle}' 0`],
  severity: 'warning',
  phase: 'running',
  needs: ['celery'],
  judge(snapshot, {celery: {replyLists}}) {
    if (replyLists === null) return skip('they could not be counted')
    const {lists, abandoned, bytes: size} = replyLists
    const large = size !== null && size > mostBytes
    const [all, left] = [plural(lists, 'list'), plural(abandoned, 'list')]
    if (abandoned === 0 && !large) return pass(lists === 0 ? 'none' : `${all}, in use`)
    const takes = size === null ? '' : `, ${bytes(size)} together`
    return fail(
      abandoned === 0 ? `replies wait in ${all}${takes}` : `nobody fetches the replies in ${left}${takes}`,
      {
        severity: abandoned > mostLists || large ? 'warning' : 'notice',
        evidence: [
          {label: 'reply lists', value: lists, unit: 'count'},
          {label: 'abandoned', value: abandoned, unit: 'count', bound: `warning above ${mostLists}`},
          {label: 'memory', value: size, unit: 'bytes', bound: `warning above ${bytes(mostBytes)}`},
        ],
        remedies: [
          fixedBy(
            {does: 'clean', words: ['EVAL', removeIdle, '0']},
            cureBy(
              `delete those that nobody touched for ${count(idleSeconds / 60)} min, and no others`,
              ...redisCli(snapshot, 'EVAL', removeIdle, '0'),
            ),
          ),
          decide(
            'find who asks: health checks and exporters that call celery inspect, and are killed before its answer',
          ),
          confirmBy('which there are', ...redisCli(snapshot, '--scan', '--pattern', '*.reply.celery.pidbox')),
        ],
      },
    )
  },
})
