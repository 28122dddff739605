// Objects of `/clients` and `/subscriptions`.
export interface Client {
  readonly clientid: string;
  readonly username: string | null;
  readonly node: string;
  readonly ip_address: string | null;
  readonly port: number | null;
  readonly listener: string | null;
  readonly zone: string;
  readonly proto_name: string;
  readonly proto_ver: number;
  readonly keepalive: number | null;
  readonly clean_start: boolean;
  // Seconds.
  readonly expiry_interval: number;
  readonly connected: boolean;
  readonly connected_at: string | null;
  readonly disconnected_at?: string;
  readonly created_at: string | null;
  readonly durable: boolean;
  readonly mountpoint: string | null;
  readonly client_attrs: Readonly<Record<string, string>>;
  readonly subscriptions_cnt: number;
  readonly subscriptions_max: number | 'infinity';
  readonly inflight_cnt: number;
  readonly inflight_max: number;
  readonly mqueue_len: number;
  readonly mqueue_max: number;
  readonly mqueue_dropped?: number;
  readonly awaiting_rel_cnt: number;
  readonly recv_msg?: number;
  readonly send_msg?: number;
}

export interface Subscription {
  readonly node: string;
  readonly clientid: string;
  readonly topic: string;
  readonly qos: number;
  readonly nl: number;
  readonly rap: number;
  readonly rh: number;
  readonly durable: boolean;
}

export interface HeldMessage {
  readonly msgid: string;
  readonly topic: string;
  readonly qos: number;
  // Milliseconds since 1970.
  readonly publish_at: number;
  readonly from_clientid: string;
  readonly payload?: string;
}

export interface HeldMessages {
  readonly data: readonly HeldMessage[];
  readonly meta: { readonly start: string; readonly position: string };
}

const VERSIONS: Readonly<Record<number, string>> = { 3: '3.1', 4: '3.1.1', 5: '5.0' };

// As people call it: version 3.1.1 has the number 4.
export function versionName(version: number): string {
  return VERSIONS[version] ?? String(version);
}

export function protocolName(client: Pick<Client, 'proto_name' | 'proto_ver'>): string {
  return `${client.proto_name === 'MQIsdp' ? 'MQTT' : client.proto_name} ${versionName(client.proto_ver)}`;
}
