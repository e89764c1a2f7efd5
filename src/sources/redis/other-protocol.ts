import {connect as connectPlain, type Socket} from 'node:net'
import {connect as connectTls} from 'node:tls'
import type {RedisEndpoint} from './endpoint.ts'

const seconds = 0.4

/** A second look after a failure: whether the peer speaks TLS where we did not, or the other way round. */
export async function speaksTheOther({place, tls}: RedisEndpoint): Promise<boolean> {
  return tls === null ? await acceptsTls(place) : await answersPlain(place)
}

function acceptsTls(place: RedisEndpoint['place']): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connectTls({...place, rejectUnauthorized: false})
    socket.once('secureConnect', () => resolve(true))
    giveUp(socket, resolve)
  })
}

function answersPlain(place: RedisEndpoint['place']): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connectPlain({...place})
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', data => resolve(/^[+-][A-Z]/.test(data.toString('latin1'))))
    giveUp(socket, resolve)
  })
}

function giveUp(socket: Socket, resolve: (answer: boolean) => void): void {
  const timer = setTimeout(() => socket.destroy(), seconds * 1000)
  socket.once('secureConnect', () => socket.destroy())
  socket.once('data', () => socket.destroy())
  socket.once('error', () => resolve(false))
  socket.once('close', () => {
    clearTimeout(timer)
    resolve(false)
  })
}
