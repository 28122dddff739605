// Objects of `/clients/{clientid}/timeline`.
export type TimelineEvent =
  | 'connected'
  | 'refused'
  | 'not_authenticated'
  | 'subscribe_allowed'
  | 'subscribe_denied'
  | 'publish_denied'
  | 'publish_over_limit'
  | 'subscribed'
  | 'unsubscribed'
  | 'dropped'
  | 'release_timed_out'
  | 'disconnected'
  | 'session_ended';

export interface TimelineEntry {
  // The first time, where it happened again and again.
  readonly at: string;
  readonly last_at?: string;
  readonly event: TimelineEvent;
  readonly count: number;
  readonly peername?: string;
  readonly listener?: string;
  readonly proto_ver?: number;
  readonly session_present?: boolean;
  readonly authenticator?: string;
  // A word of `shutdown_count`, a reason code, or the name of a counter.
  readonly reason?: string;
  readonly reason_code?: number;
  readonly topic?: string;
  readonly qos?: number;
  // Who decided, and the rule counted from 1.
  readonly source?: string;
  readonly rule?: number;
}

export interface Timeline {
  // Oldest first.
  readonly data: readonly TimelineEntry[];
}
