// A plant at work: machines that report over MQTT, programs that listen, and vans that come and go. For pages that show a node alive.
import mqtt from 'mqtt';

export const USER = { username: 'plant', password: 'plant-secret-1' };
const SITES = ['north', 'south'];
const LINES = ['line-1', 'line-2', 'line-3'];
const MACHINES = ['press', 'oven', 'robot', 'packer'];
const VANS = 10;
const TICK_MS = 200;
const VAN_MS = 1500;

export class Plant {
  #broker;
  #clients = [];
  #vans = new Map();
  #timers = [];
  #tick = 0;
  #step = 0;

  static async start(broker) {
    const plant = new Plant();
    plant.#broker = broker;
    await plant.#listen('scada', 'site/#', 1);
    await plant.#listen('alarm-board', 'site/+/+/+/state', 0);
    for (const name of ['historian-a', 'historian-b']) {
      await plant.#listen(name, '$share/historian/site/#', 1);
    }
    const machines = SITES.flatMap(site => LINES.flatMap(line => MACHINES.map(machine => ({ site, line, machine }))));
    for (const { site, line, machine } of machines) {
      const client = await plant.#connect(`${site}-${line}-${machine}`);
      plant.#clients.push(client);
      await client.publishAsync(`site/${site}/${line}/${machine}/state`, 'running', { retain: true });
      plant.#every(TICK_MS, () => plant.#report(client, `site/${site}/${line}/${machine}`));
    }
    plant.#every(VAN_MS, () => plant.#moveVan());
    return plant;
  }

  async stop() {
    for (const timer of this.#timers) {
      clearInterval(timer);
    }
    const vans = await Promise.allSettled(this.#vans.values());
    const all = [...this.#clients, ...vans.map(van => van.value).filter(Boolean)];
    await Promise.all(all.map(client => client.endAsync(true)));
  }

  #every(milliseconds, action) {
    this.#timers.push(setInterval(action, milliseconds));
  }

  #connect(clientId) {
    return mqtt.connectAsync(this.#broker.mqtt, { clientId, protocolVersion: 5, reconnectPeriod: 0, ...USER });
  }

  async #listen(clientId, filter, qos) {
    const client = await this.#connect(clientId);
    this.#clients.push(client);
    await client.subscribeAsync(filter, { qos });
  }

  // More at some times than at others, as in a real plant.
  #report(client, place) {
    this.#tick += 1;
    const load = 0.5 + 0.35 * Math.sin(Date.now() / 11_000) + 0.15 * Math.sin(Date.now() / 2_700);
    if (Math.random() < load) {
      const qos = this.#tick % 3 === 0 ? 1 : 0;
      client.publish(`${place}/pressure`, (4 + load + Math.random() / 5).toFixed(2), { qos });
      client.publish(`${place}/motor`, JSON.stringify({ rpm: Math.round(1400 + 90 * load), amps: 11.5 }));
    }
    if (this.#tick % 29 === 0) {
      // Nobody listens to these.
      client.publish(`debug/${client.options.clientId}`, 'cycle done');
    }
  }

  #moveVan() {
    this.#step += 1;
    const name = `van-${(this.#step * 7) % VANS}`;
    const van = this.#vans.get(name);
    if (van === undefined) {
      this.#vans.set(
        name,
        this.#connect(name)
          .then(async client => {
            await client.subscribeAsync(`fleet/${name}/#`, { qos: 1 });
            return client;
          })
          .catch(() => undefined),
      );
    } else if (this.#step % 3 !== 0) {
      this.#vans.delete(name);
      void van.then(client => client?.endAsync());
    }
  }
}
