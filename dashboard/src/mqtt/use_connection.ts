// A connection of this browser to the broker, over WebSocket. The client that speaks MQTT is loaded when it is needed.
import type { IClientOptions, MqttClient } from 'mqtt';
import { useCallback, useEffect, useRef, useState } from 'react';

export interface ConnectOptions {
  readonly url: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly version: 4 | 5;
  readonly isClean: boolean;
}

export interface Incoming {
  // Another one for each message of this page.
  readonly id: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly isRetained: boolean;
  // Milliseconds since 1970.
  readonly at: number;
}

export type ConnectionState = 'closed' | 'connecting' | 'connected';

export interface Connection {
  readonly state: ConnectionState;
  readonly error: string;
  connect(options: ConnectOptions): void;
  disconnect(): void;
  subscribe(filter: string, qos: 0 | 1 | 2): Promise<void>;
  unsubscribe(filter: string): Promise<void>;
  publish(topic: string, payload: string, qos: 0 | 1 | 2, isRetained: boolean): Promise<void>;
}

let latestId = 0;

export function nextMessageId(): number {
  latestId += 1;
  return latestId;
}

// Reason codes of SUBACK from here on are refusals.
const REFUSED_FROM = 0x80;

// `onMessage` may be another function each time.
export function useConnection(onMessage: (message: Incoming) => void): Connection {
  const [state, setState] = useState<ConnectionState>('closed');
  const [error, setError] = useState('');
  const client = useRef<MqttClient | null>(null);
  const attempt = useRef(0);
  const listener = useRef(onMessage);
  listener.current = onMessage;

  const disconnect = useCallback(() => {
    attempt.current += 1;
    client.current?.removeAllListeners();
    // An error that comes while it closes is nobody's.
    client.current?.on('error', () => undefined);
    client.current?.end(true);
    client.current = null;
    setState('closed');
  }, []);
  useEffect(() => disconnect, [disconnect]);

  const connect = async (options: ConnectOptions) => {
    disconnect();
    setError('');
    setState('connecting');
    const own = attempt.current;
    const { connect: open } = (await import('mqtt')).default;
    if (own !== attempt.current) {
      return;
    }
    const made = open(options.url, clientOptions(options));
    client.current = made;
    made.on('connect', () => {
      setError('');
      setState('connected');
    });
    made.on('reconnect', () => setState('connecting'));
    made.on('close', () => setState(before => (before === 'connected' ? 'connecting' : before)));
    made.on('error', failed => {
      setError(failed.message);
      disconnect();
    });
    made.on('message', (topic, payload, packet) =>
      listener.current({
        id: nextMessageId(),
        topic,
        payload,
        qos: packet.qos,
        isRetained: packet.retain,
        at: Date.now(),
      }),
    );
  };

  return {
    state,
    error,
    connect: options =>
      void connect(options).catch((failed: unknown) => {
        setError(String(failed));
        disconnect();
      }),
    disconnect,
    subscribe: async (filter, qos) => {
      const granted = (await client.current?.subscribeAsync(filter, { qos })) ?? [];
      const refused = granted.find(one => one.qos >= REFUSED_FROM);
      if (refused) {
        throw new Error(`SUBACK 0x${refused.qos.toString(16)}`);
      }
    },
    unsubscribe: async filter => {
      await client.current?.unsubscribeAsync(filter);
    },
    publish: async (topic, payload, qos, isRetained) => {
      await client.current?.publishAsync(topic, payload, { qos, retain: isRetained });
    },
  };
}

function clientOptions(options: ConnectOptions): IClientOptions {
  return {
    clientId: options.clientId,
    clean: options.isClean,
    protocolVersion: options.version,
    connectTimeout: 10_000,
    reconnectPeriod: 3000,
    // Timers of a worker would be a script that the policy of the page does not let in.
    timerVariant: 'native',
    ...(options.username !== '' && { username: options.username }),
    ...(options.password !== '' && { password: options.password }),
  };
}
