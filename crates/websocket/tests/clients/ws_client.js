// Plays one scenario with ws, the WebSocket library of node: ws_client.js PORT SCENARIO.
'use strict'

const assert = require('assert')
const path = require('path')
const { randomFillSync } = require('crypto')
const WebSocket = require(path.join(process.env.DUNLIN_TEST_NODE_PATH, 'ws'))

const [port, scenario] = process.argv.slice(2)

function connect (options = {}, target = '/mqtt', protocols = ['mqtt']) {
  return new WebSocket(`ws://127.0.0.1:${port}${target}`, protocols, { perMessageDeflate: false, ...options })
}

const opened = socket => new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
const closed = socket => new Promise(resolve => socket.once('close', resolve).on('error', () => {}))

// Messages of the echo are pieces of a stream.
function collect (socket) {
  const state = { bytes: Buffer.alloc(0), wanted: Infinity, wake: () => {} }
  socket.on('message', (data, isBinary) => {
    assert(isBinary)
    state.bytes = Buffer.concat([state.bytes, data])
    if (state.bytes.length >= state.wanted) state.wake()
  })
  return async expected => {
    state.wanted = expected.length
    if (state.bytes.length < state.wanted) await new Promise(resolve => { state.wake = resolve })
    assert(expected.equals(state.bytes), `the echo of ${expected.length} bytes`)
    state.bytes = Buffer.alloc(0)
    state.wanted = Infinity
  }
}

function payload (length) {
  const half = randomFillSync(Buffer.alloc(Math.ceil(length / 2)))
  return Buffer.concat([half, half]).subarray(0, length)
}

async function echo (socket) {
  await opened(socket)
  assert.strictEqual(socket.protocol, 'mqtt')
  const receive = collect(socket)
  for (const length of [1, 125, 126, 65535, 65536, 1000000]) {
    const bytes = payload(length)
    socket.send(bytes)
    await receive(bytes)
  }
  const parts = [payload(10), Buffer.alloc(0), payload(70000), payload(3)]
  parts.forEach((part, index) => {
    socket.send(part, { fin: index === parts.length - 1, binary: true })
    socket.ping(`between ${index}`)
  })
  await receive(Buffer.concat(parts))
  const pong = new Promise(resolve => socket.on('pong', data => data.toString() === 'last' && resolve()))
  socket.ping('last')
  await pong
  socket.close(1000, 'done')
  assert.strictEqual(await closed(socket), 1000)
}

async function refused () {
  const status = (...words) => new Promise((resolve, reject) => {
    const socket = connect(...words)
    socket.once('unexpected-response', (request, response) => { resolve(response.statusCode); request.destroy() })
    socket.once('open', () => reject(new Error('granted'))).on('error', () => {})
  })
  assert.strictEqual(await status({}, '/other'), 404)
  assert.strictEqual(await status({}, '/mqtt', ['wamp']), 400)
  assert.strictEqual(await status({ protocolVersion: 8 }), 426)
  for (const [message, code] of [['text', 1003], [Buffer.alloc(1001), 1009]]) {
    const socket = connect()
    await opened(socket)
    socket.send(message)
    assert.strictEqual(await closed(socket), code)
  }
}

async function compressed () {
  const socket = connect({ perMessageDeflate: { threshold: 0 } })
  await Promise.all([echo(socket), opened(socket).then(() => {
    assert.match(socket.extensions, /^permessage-deflate/)
  })])
}

const scenarios = { echo: () => echo(connect()), compressed, refused }
scenarios[scenario]().catch(error => { console.error(error); process.exit(1) })
