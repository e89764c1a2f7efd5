// A fleet of nodes in one process: `main.ts redis://127.0.0.1:6379/0 '{"nodes": 1000}'`. Says when it is there, over the
// channel to the process that forked it, and ends with that process.
import {Answers, decodeRequest, type Request} from './answers.ts'
import {fill} from './fill.ts'
import {type FleetOptions, usualFleet} from './options.ts'
import {namesOf, planFleet} from './plan.ts'
import {command, open, RespClient, RespReader} from './resp.ts'

const separator = '\x06\x16'
/** Redis's queue of connections that it has not accepted yet is 511 long. */
const atOnce = 200
/** A request is the same for every node: taken apart once. */
const requestsKept = 64

const [url = 'redis://127.0.0.1:6379/0', words = '{}'] = process.argv.slice(2)
const {hostname, port, pathname} = new URL(url)
const place = {host: hostname, port: Number(port || 6379)}
const database = pathname.slice(1) || '0'
const options: FleetOptions = {...usualFleet, ...JSON.parse(words)}
const plan = planFleet(options)

process.on('disconnect', () => process.exit())
process.on('message', message => {
  if (message === 'cpu') process.send?.({cpu: process.cpuUsage()})
})

const asking = await RespClient.open(place)
await asking.ask('SELECT', database)
const pushing = await open(place)
pushing.resume()
pushing.write(command('SELECT', database))

const decoded = new Map<string, Request | null>()
function requestIn(payload: string): Request | null {
  let request = decoded.get(payload)
  if (request === undefined) {
    if (decoded.size >= requestsKept) decoded.clear()
    request = decodeRequest(payload)
    decoded.set(payload, request)
  }
  return request
}

let asked: {answers: Answers; request: Request}[] = []

/** As kombu does: look where replies are to go, then push. A place that is gone by then gets none. */
async function answer(): Promise<void> {
  const batch = asked
  asked = []
  const places = new Map<string, string[]>()
  for (const {replyTo} of batch.map(({request}) => request))
    if (replyTo !== null && replyTo.exchange !== '') places.set(replyTo.exchange, [])
  for (const exchange of places.keys()) {
    const members = await asking.ask('SMEMBERS', `_kombu.binding.${exchange}`).catch(() => null)
    if (Array.isArray(members)) places.set(exchange, members.map(String))
  }
  const pushes: string[] = []
  for (const {answers, request} of batch) {
    if (request.replyTo === null) continue
    const {exchange, oid} = request.replyTo
    const reply = answers.reply(request, exchange, oid)
    if (reply === null) continue
    const lists =
      exchange === ''
        ? [oid]
        : (places.get(exchange) ?? [])
            .map(member => member.split(separator))
            .flatMap(([key, , list]) => (key === oid && list !== undefined ? [list] : []))
    for (const list of lists) pushes.push(command('LPUSH', list, reply))
  }
  if (pushes.length > 0) pushing.write(pushes.join(''))
}

async function subscribe(answers: Answers | null): Promise<void> {
  const socket = await open(place)
  const reader = new RespReader()
  let ready = () => {}
  const subscribed = new Promise<void>(resolve => {
    ready = resolve
  })
  socket.on('data', chunk => {
    for (const value of reader.push(chunk)) {
      if (!Array.isArray(value)) continue
      if (value[0] === 'psubscribe') ready()
      if (value[0] !== 'pmessage' || answers === null) continue
      const request = requestIn(String(value[3]))
      if (request === null) continue
      if (asked.length === 0) setImmediate(() => void answer())
      asked.push({answers, request})
    }
  })
  // Redis has gone, and with it what this is for.
  socket.on('close', () => process.exit())
  socket.write(command('PSUBSCRIBE', `/${database}.celery.pidbox`))
  await subscribed
}

await fill(asking, plan, options)
for (let from = 0; from < plan.nodes.length; from += atOnce)
  await Promise.all(
    plan.nodes
      .slice(from, from + atOnce)
      .map(node => subscribe(node.says === 'nothing' ? null : new Answers(node))),
  )
process.send?.({names: namesOf(plan)})
