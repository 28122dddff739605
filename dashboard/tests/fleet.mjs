// A few clients, so that there is something to look at.
import mqtt from 'mqtt';

export class Fleet {
  #clients = [];

  // Those that most pages show something of.
  async settle(broker) {
    const boiler = await this.connect(broker, { clientId: 'boiler-1', username: 'plant' });
    await boiler.subscribeAsync({ 'plant/+/set': { qos: 1 }, 'plant/news': { qos: 0, nl: true } });
    const meters = [];
    for (const number of [1, 2, 3]) {
      meters.push(await this.connect(broker, { clientId: `meter-${number}`, protocolVersion: 4 }));
    }
    await meters[0].publishAsync('plant/hall/info', '{"floor":1,"rooms":["a","b"]}', { retain: true });
    await meters[1].publishAsync('plant/tank/level', '71', { retain: true });
    await this.leaveQueue(broker, meters[2]);
    await this.fallBehind(broker, meters[2]);
    this.meters = meters;
  }

  async connect(broker, options) {
    const client = await mqtt.connectAsync(broker.mqtt, { protocolVersion: 5, reconnectPeriod: 0, ...options });
    this.#clients.push(client);
    return client;
  }

  // A session without its client, for which messages wait.
  async leaveQueue(broker, publisher) {
    const sleeper = await this.connect(broker, {
      clientId: 'sleeper',
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
    });
    await sleeper.subscribeAsync('orders/#', { qos: 1 });
    await sleeper.endAsync();
    await publisher.publishAsync('orders/0', 'order 0', { qos: 1 });
  }

  // A client that acknowledges nothing: one message is in flight, others wait for their turn.
  async fallBehind(broker, publisher) {
    const slow = await this.connect(broker, { clientId: 'slow', properties: { receiveMaximum: 1 } });
    slow.handleMessage = () => undefined;
    await slow.subscribeAsync('orders/#', { qos: 1 });
    for (const number of [1, 2, 3]) {
      await publisher.publishAsync(`orders/${number}`, `order ${number}`, { qos: 1 });
    }
  }

  // A client that is not let in.
  async beRefused(broker, options) {
    const client = mqtt.connect(broker.mqtt, { protocolVersion: 5, reconnectPeriod: 0, ...options });
    this.#clients.push(client);
    const answer = await new Promise(resolve => {
      client.once('connect', () => resolve(undefined));
      client.once('error', resolve);
    });
    if (answer === undefined) {
      throw new Error(`${options.clientId} was let in`);
    }
  }

  async stop() {
    await Promise.all(this.#clients.map(client => client.endAsync(true)));
  }
}
