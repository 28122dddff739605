// A node with its API and a WebSocket listener on free ports, in a folder of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LISTENERS = ['tcp:default', 'ws:default', 'http:dashboard'];
const START_MS = 60_000;
export const PASSWORD = 'changed-1';

// `extra`: more keys of the configuration file.
export async function startBroker(extra = '') {
  const binary = process.env.DUNLIN_BINARY;
  if (!binary) {
    throw new Error('DUNLIN_BINARY has to name the binary');
  }
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-dashboard-'));
  const file = join(folder, 'dunlin.conf');
  writeFileSync(
    file,
    `node.data_dir = data
     listeners.tcp.default.bind = "127.0.0.1:0"
     listeners.ws.default.bind = "127.0.0.1:0"
     listeners.ssl.default.enable = false
     listeners.wss.default.enable = false
     dashboard.listeners.http.bind = "127.0.0.1:0"
     log.audit.enable = true
     sysmon.os.cpu_check_interval = 1h
     ${extra}
    `,
  );
  const child = spawn(binary, ['--config', file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const addresses = await addressesOf(child);
  return new Broker(child, folder, addresses);
}

// A node says where its listeners are once they are.
function addressesOf(child) {
  const addresses = new Map();
  const said = [];
  return new Promise((resolve, reject) => {
    const fail = reason => reject(new Error(`${reason}:\n${said.join('\n')}`));
    const timer = setTimeout(() => fail('the node does not start'), START_MS);
    child.once('exit', () => fail('the node has ended'));
    createInterface({ input: child.stderr }).on('line', line => said.push(line));
    createInterface({ input: child.stdout }).on('line', line => {
      said.push(line);
      const [, name, address] = /^Listener (\S+) on (\S+) started/.exec(line) ?? [];
      if (name) {
        addresses.set(name, address);
      }
      if (LISTENERS.every(listener => addresses.has(listener))) {
        clearTimeout(timer);
        resolve(addresses);
      }
    });
  });
}

class Broker {
  #child;
  #folder;
  #addresses;
  #token = '';

  constructor(child, folder, addresses) {
    this.#child = child;
    this.#folder = folder;
    this.#addresses = addresses;
    this.url = `http://${addresses.get('http:dashboard')}/`;
    this.mqtt = `mqtt://${addresses.get('tcp:default')}`;
    this.webSocket = `ws://${addresses.get('ws:default')}/mqtt`;
  }

  // Where a listener is that was there at the start.
  portOf(id) {
    return Number(this.#addresses.get(id).split(':').at(-1));
  }

  // Gives the default user a password of its own.
  async changePassword() {
    await this.logIn('public');
    await this.ask('POST', '/users/admin/change_pwd', { old_pwd: 'public', new_pwd: PASSWORD });
    await this.logIn(PASSWORD);
  }

  async logIn(password) {
    this.#token = '';
    const { token } = await this.ask('POST', '/login', { username: 'admin', password });
    this.#token = token;
  }

  async ask(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    if (this.#token) {
      headers.authorization = `Bearer ${this.#token}`;
    }
    const answer = await fetch(new URL(`api/v5${path}`, this.url), {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    }
    return text === '' ? undefined : JSON.parse(text);
  }

  // Takes over what a text in HOCON says.
  async configure(text) {
    const headers = { 'content-type': 'text/plain', authorization: `Bearer ${this.#token}` };
    const answer = await fetch(new URL('api/v5/configs', this.url), { method: 'PUT', headers, body: text });
    if (!answer.ok) {
      throw new Error(`PUT /configs: ${answer.status} ${await answer.text()}`);
    }
  }

  async stop() {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await new Promise(resolve => this.#child.once('exit', resolve));
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
