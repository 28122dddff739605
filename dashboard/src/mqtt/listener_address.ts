// Where this browser can speak MQTT: the first WebSocket listener of the node that fits the page.
export interface WebSocketListener {
  readonly type: string;
  readonly bind: string;
  readonly running: boolean;
  readonly websocket?: { readonly mqtt_path?: string };
}

const DEFAULT_PATH = '/mqtt';

// A page that came over TLS may not use a connection without it.
export function webSocketAddress(
  listeners: readonly WebSocketListener[],
  page: Pick<Location, 'protocol' | 'hostname'>,
): string | null {
  const kinds = page.protocol === 'https:' ? ['wss'] : ['ws', 'wss'];
  const fitting = kinds.flatMap(kind => listeners.filter(listener => listener.running && listener.type === kind));
  const [listener] = fitting;
  if (listener === undefined) {
    return null;
  }
  const port = listener.bind.split(':').at(-1);
  // Any free port: nobody but the node knows which.
  if (port === '0') {
    return null;
  }
  return `${listener.type}://${page.hostname}:${port}${listener.websocket?.mqtt_path ?? DEFAULT_PATH}`;
}
