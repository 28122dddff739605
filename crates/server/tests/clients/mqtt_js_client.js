// Scenarios that MQTT.js plays against a broker: mqtt_js_client.js PORT VERSION SCENARIO KIND CA.
//
// VERSION is 3.1, 3.1.1 or 5, KIND the kind of the listener, CA the file with the authority of its certificate. Exits with 0 when everything came out as it should, else with the error. A scenario is a
// function below; it may use topics and client ids of its own, since every run has a broker to itself.
'use strict'

const assert = require('node:assert')
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const mqtt = require(path.join(process.env.DUNLIN_TEST_NODE_PATH, 'mqtt'))

const TIMEOUT_MILLIS = 10_000
const PROTOCOLS = {
  '3.1': { protocolId: 'MQIsdp', protocolVersion: 3 },
  '3.1.1': { protocolId: 'MQTT', protocolVersion: 4 },
  '5': { protocolId: 'MQTT', protocolVersion: 5 },
}
const [port, version, scenario, kind, authority] = process.argv.slice(2)
const WAYS = {
  tcp: { protocol: 'mqtt' },
  ssl: { protocol: 'mqtts', ca: fs.readFileSync(authority) },
  ws: { protocol: 'ws', path: '/mqtt' },
  wss: { protocol: 'wss', path: '/mqtt', ca: fs.readFileSync(authority) },
}
const isV5 = version === '5'

/** A client whose messages wait in a list until the scenario asks for them. */
class Client {
  static async connect(clientId, options = {}) {
    const client = new Client()
    const { keep, prepare, ...rest } = options
    if (isV5 && keep) rest.properties = { sessionExpiryInterval: 60, ...rest.properties }
    if (!isV5) delete rest.properties
    client.mqtt = mqtt.connect({
      host: '127.0.0.1', port, clientId, clean: !keep, reconnectPeriod: 0, connectTimeout: TIMEOUT_MILLIS, ...PROTOCOLS[version], ...WAYS[kind], ...rest,
    })
    if (prepare) prepare(client.mqtt)
    client.waiting = []
    client.readers = []
    client.mqtt.on('message', (topic, payload, packet) => {
      const message = { topic, payload: payload.toString(), bytes: payload, qos: packet.qos, retain: packet.retain, properties: { ...packet.properties } }
      const reader = client.readers.shift()
      if (reader) reader(message)
      else client.waiting.push(message)
    })
    client.connack = await new Promise((resolve, reject) => {
      client.mqtt.once('connect', resolve)
      client.mqtt.once('error', reject)
    })
    return client
  }

  async subscribe(topic, qos = 0, options = {}) {
    const [grant] = await this.mqtt.subscribeAsync(topic, { qos, ...options })
    assert.strictEqual(grant.qos, qos)
  }

  publish(topic, payload, qos = 0, options = {}) {
    return this.mqtt.publishAsync(topic, payload, { qos, ...options })
  }

  receive() {
    return this.waiting.length > 0 ? this.waiting.shift() : new Promise((resolve) => this.readers.push(resolve))
  }

  /** Whatever was on its way arrives before a message of our own. */
  async drain() {
    const fence = `fence/${this.mqtt.options.clientId}`
    await this.subscribe(fence)
    await this.publish(fence, '')
    const messages = []
    for (;;) {
      const message = await this.receive()
      if (message.topic === fence) return messages
      messages.push(message)
    }
  }

  async nothingMore() {
    assert.deepStrictEqual(await this.drain(), [])
  }

  disconnect() {
    return this.mqtt.endAsync()
  }

  /** Closes the connection without DISCONNECT. */
  vanish() {
    return new Promise((resolve) => {
      this.mqtt.once('close', resolve)
      this.mqtt.stream.destroy()
    })
  }
}

/** The client's side of SCRAM (RFC 5802) with the `crypto` of Node.js. */
class Scram {
  constructor(method, username, password) {
    this.method = method
    this.hash = method === 'SCRAM-SHA-512' ? 'sha512' : 'sha256'
    this.password = password
    this.bare = `n=${username},r=${crypto.randomBytes(18).toString('base64')}`
  }

  get first() {
    return Buffer.from(`n,,${this.bare}`)
  }

  final(question) {
    const { r, s, i } = Object.fromEntries(question.split(',').map((part) => [part[0], part.slice(2)]))
    const hmac = (key, text) => crypto.createHmac(this.hash, key).update(text).digest()
    const bytes = this.hash === 'sha512' ? 64 : 32
    const salted = crypto.pbkdf2Sync(this.password, Buffer.from(s, 'base64'), Number(i), bytes, this.hash)
    const key = hmac(salted, 'Client Key')
    const withoutProof = `c=biws,r=${r}`
    const signed = `${this.bare},${question},${withoutProof}`
    const signature = hmac(crypto.createHash(this.hash).update(key).digest(), signed)
    const proof = Buffer.from(key.map((byte, index) => byte ^ signature[index]))
    this.expected = `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
  }

  auth(reasonCode, data) {
    return { cmd: 'auth', reasonCode, properties: { authenticationMethod: this.method, authenticationData: data } }
  }

  /** Options of a client that answers the broker's questions, and says on `authenticated` what the broker said last. */
  get options() {
    const scram = this
    return {
      properties: { authenticationMethod: this.method, authenticationData: this.first },
      prepare(client) {
        client.handleAuth = (packet, callback) => {
          const data = packet.properties.authenticationData.toString()
          if (packet.reasonCode === 24) return callback(null, scram.auth(24, scram.final(data)))
          callback()
          client.emit('authenticated', data)
        }
      },
    }
  }
}

const scenarios = {
  async every_qos_both_ways() {
    const receiver = await Client.connect('receiver')
    const sender = await Client.connect('sender')
    for (const granted of [0, 1, 2]) await receiver.subscribe(`to/${granted}`, granted)
    for (const granted of [0, 1, 2]) {
      for (const qos of [0, 1, 2]) {
        await sender.publish(`to/${granted}`, `${qos}`, qos)
        const message = await receiver.receive()
        assert.deepStrictEqual(
          [message.topic, message.payload, message.qos, message.retain],
          [`to/${granted}`, `${qos}`, Math.min(granted, qos), false],
        )
      }
    }
    await receiver.mqtt.unsubscribeAsync('to/0')
    await sender.publish('to/0', 'nobody listens', 1)
    await receiver.nothingMore()
  },

  async retained_messages() {
    const sender = await Client.connect('sender')
    const retain = { retain: true }
    for (const payload of ['old', 'new']) await sender.publish('state/door', payload, 1, retain)
    await sender.publish('state/window', 'open', 1, retain)
    await sender.publish('state/window', '', 1, retain)
    const late = await Client.connect('late')
    await late.subscribe('state/#', 1)
    const message = await late.receive()
    assert.deepStrictEqual([message.topic, message.payload, message.retain], ['state/door', 'new', true])
    await late.nothingMore()
    await sender.publish('state/door', 'live', 1, retain)
    const live = await late.receive()
    assert.deepStrictEqual([live.payload, live.retain], ['live', false])
  },

  async will_of_a_vanished_client() {
    const watcher = await Client.connect('watcher')
    await watcher.subscribe('gone/+', 1)
    const will = (topic) => ({ topic, payload: 'gone', qos: 1, retain: false })
    await (await Client.connect('polite', { will: will('gone/polite') })).disconnect()
    await (await Client.connect('hasty', { will: will('gone/hasty') })).vanish()
    const message = await watcher.receive()
    assert.deepStrictEqual([message.topic, message.payload, message.qos], ['gone/hasty', 'gone', 1])
    await watcher.nothingMore()
  },

  async session_is_resumed_with_its_queue() {
    const sender = await Client.connect('sender')
    const before = await Client.connect('keeper', { keep: true })
    assert.strictEqual(before.connack.sessionPresent, false)
    await before.subscribe('news', 2)
    await before.disconnect()
    for (let number = 0; number < 30; number++) await sender.publish('news', `${number}`, number % 3)
    const keeper = await Client.connect('keeper', { keep: true })
    assert.strictEqual(keeper.connack.sessionPresent, version !== '3.1')
    // Order is promised for each quality of service: MQTT.js hands out QoS 2 messages only after PUBREL.
    const next = [0, 1, 2]
    for (let count = 0; count < 30; count++) {
      const { payload, qos } = await keeper.receive()
      assert.strictEqual(payload, `${next[qos]}`)
      next[qos] += 3
    }
    await keeper.disconnect()
    const fresh = await Client.connect('keeper')
    assert.strictEqual(fresh.connack.sessionPresent, false)
    await sender.publish('news', 'not for the new session', 1)
    await fresh.nothingMore()
  },

  async members_of_a_group_share() {
    const sender = await Client.connect('sender')
    const members = [await Client.connect('member-0'), await Client.connect('member-1')]
    for (const member of members) await member.subscribe('$share/team/jobs/+', 1)
    for (let number = 0; number < 40; number++) await sender.publish(`jobs/${number}`, `${number}`, 1)
    const jobs = await Promise.all(members.map(async (member) => (await member.drain()).map(({ payload }) => Number(payload))))
    assert.ok(jobs.every((done) => done.length > 0), `${jobs.map((done) => done.length)}`)
    assert.deepStrictEqual(jobs.flat().sort((a, b) => a - b), [...Array(40).keys()])
  },

  async large_payload() {
    const client = await Client.connect('client')
    await client.subscribe('large', 2)
    const payload = Buffer.alloc(512_000, 'large')
    for (const qos of [0, 1, 2]) {
      await client.publish('large', payload, qos)
      const message = await client.receive()
      assert.ok(message.bytes.equals(payload) && message.qos === qos)
    }
  },

  async thousand_messages_in_order() {
    const receiver = await Client.connect('receiver')
    const sender = await Client.connect('sender', { properties: { receiveMaximum: 20 } })
    await receiver.subscribe('count/+', 2)
    // MQTT.js keeps to no Receive Maximum on its own: ten at a time stay within every window.
    const sending = (async () => {
      for (let number = 0; number < 1000; number += 10) {
        const batch = Array.from({ length: 10 }, (_, index) => number + index)
        await Promise.all(batch.map((number) => sender.publish(`count/${number % 3}`, `${number}`, number % 3)))
      }
    })()
    const next = [0, 1, 2]
    for (let count = 0; count < 1000; count++) {
      const message = await receiver.receive()
      const qos = Number(message.topic.slice(-1))
      assert.deepStrictEqual([message.qos, message.payload], [qos, `${next[qos]}`])
      next[qos] += 3
    }
    await sending
  },

  async properties_arrive_unchanged() {
    const receiver = await Client.connect('receiver')
    const sender = await Client.connect('sender')
    await receiver.subscribe('ask', 2)
    const properties = {
      userProperties: { a: ['1', '3'], b: '2' },
      contentType: 'text/plain',
      responseTopic: 'answer/here',
      correlationData: Buffer.from([0, 255, 1]),
      payloadFormatIndicator: true,
      messageExpiryInterval: 60,
    }
    for (const qos of [0, 1, 2]) {
      await sender.publish('ask', 'grüß', qos, { properties })
      const { payload, properties: got } = await receiver.receive()
      assert.strictEqual(payload, 'grüß')
      assert.ok([59, 60].includes(got.messageExpiryInterval))
      got.userProperties = { ...got.userProperties }
      assert.deepStrictEqual({ ...got, messageExpiryInterval: 60 }, properties)
    }
  },

  async topic_aliases_both_ways() {
    const receiver = await Client.connect('receiver', { properties: { topicAliasMaximum: 1 } })
    const sender = await Client.connect('sender', { autoAssignTopicAlias: true })
    assert.ok(sender.connack.properties.topicAliasMaximum >= 2)
    await receiver.subscribe('alias/#', 1)
    // MQTT.js swaps topics for aliases and back on its own; that both ends understand each other is what counts.
    const topics = ['alias/one', 'alias/one', 'alias/two', 'alias/two', 'alias/one']
    for (const topic of topics) await sender.publish(topic, topic, 1)
    for (const topic of topics) {
      const message = await receiver.receive()
      assert.deepStrictEqual([message.topic, message.payload], [topic, topic])
    }
  },

  async subscription_identifiers_and_options() {
    const client = await Client.connect('client')
    const other = await Client.connect('other')
    await client.subscribe('both/#', 1, { nl: true, properties: { subscriptionIdentifier: 7 } })
    await client.subscribe('both/here', 1, { rap: true, properties: { subscriptionIdentifier: 9 } })
    await other.publish('both/there', '1', 1)
    assert.strictEqual((await client.receive()).properties.subscriptionIdentifier, 7)
    await other.publish('both/here', '2', 1)
    const messages = await client.drain()
    const identifiers = messages.flatMap(({ properties }) => properties.subscriptionIdentifier).sort()
    assert.deepStrictEqual(identifiers, [7, 9])
    await client.publish('both/there', 'not for its publisher', 1)
    await client.nothingMore()
  },

  async limits_are_announced_and_kept() {
    const client = await Client.connect('client', { properties: { receiveMaximum: 2 } })
    const { receiveMaximum, maximumPacketSize } = client.connack.properties
    assert.ok(receiveMaximum >= 1 && maximumPacketSize > 0)
    await client.subscribe('few', 2)
    const sender = await Client.connect('sender')
    for (let number = 0; number < 10; number++) await sender.publish('few', `${number}`, 2)
    for (let number = 0; number < 10; number++) assert.strictEqual((await client.receive()).payload, `${number}`)
  },

  async scram() {
    for (const method of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
      const scram = new Scram(method, 'ann', 'pencil')
      const client = await Client.connect('client', scram.options)
      assert.strictEqual(client.connack.properties.authenticationMethod, method)
      assert.strictEqual(client.connack.properties.authenticationData.toString(), scram.expected)
      await client.subscribe('users/ann/#', 1)
      const again = new Promise((resolve) => client.mqtt.once('authenticated', resolve))
      client.mqtt._sendPacket(scram.auth(25, scram.first))
      assert.strictEqual(await again, scram.expected)
      await client.publish('users/ann/x', method, 1)
      assert.strictEqual((await client.receive()).payload, method)
      await client.disconnect()
      for (const [username, password] of [['ann', 'crayon'], ['eve', 'pencil']]) {
        const refused = Client.connect('client', new Scram(method, username, password).options)
        await assert.rejects(refused, (error) => error.code === 0x87)
      }
    }
    const refused = Client.connect('client', { properties: { authenticationMethod: 'SCRAM-SHA-1' } })
    await assert.rejects(refused, (error) => error.code === 0x8c)
    await assert.rejects(Client.connect('client'), (error) => error.code === 0x87)
  },
}

const watchdog = setTimeout(() => {
  console.error(`${scenario}: no end after ${TIMEOUT_MILLIS} ms`)
  process.exit(1)
}, TIMEOUT_MILLIS)
scenarios[scenario]().then(
  () => {
    clearTimeout(watchdog)
    process.exit(0)
  },
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
