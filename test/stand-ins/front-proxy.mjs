// A load balancer, as HAProxy, nginx and Caddy are: what it has heard of the client before it passes on, and puts the address
// that it sees itself behind it.  node front-proxy.mjs <its address> <the hub's> <the hub's name>
import {createServer} from 'node:http'
import {request} from 'node:https'

const [own, hub, site] = process.argv.slice(2)

createServer((incoming, answer) => {
  const {url, method, socket} = incoming
  const heard = incoming.headers['x-forwarded-for']
  const forwarded = [...(heard === undefined ? [] : [heard]), socket.remoteAddress].join(', ')
  const headers = {...incoming.headers, host: site, 'x-forwarded-for': forwarded}
  const onward = {host: hub, servername: site, localAddress: own, rejectUnauthorized: false}
  const asking = request({...onward, path: url, method, headers, agent: false}, response => {
    answer.writeHead(response.statusCode, response.headers)
    response.pipe(answer)
  })
  asking.on('error', () => answer.writeHead(502).end())
  incoming.pipe(asking)
}).listen(8080, own, () => process.stdout.write('ready\n'))
