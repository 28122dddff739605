// Objects of `/monitor`, `/monitor_current` and `/nodes`.
export interface Sample {
  readonly time_stamp: number;
  readonly live_connections: number;
  readonly connections: number;
  readonly cluster_sessions: number;
  readonly topics: number;
  readonly subscriptions: number;
  readonly retained_msg_count: number;
  readonly received: number;
  readonly sent: number;
  readonly dropped: number;
  readonly received_bytes: number;
  readonly sent_bytes: number;
}

export interface Current {
  readonly connections: number;
  readonly live_connections: number;
  readonly cluster_sessions: number;
  readonly topics: number;
  readonly subscriptions: number;
  readonly shared_subscriptions: number;
  readonly retained_msg_count: number;
  readonly received_msg_rate: number;
  readonly sent_msg_rate: number;
  readonly dropped_msg_rate: number;
  readonly node_uptime: number;
}

export interface NodeObject {
  readonly node: string;
  readonly node_status: string;
  readonly version: string;
  readonly role: string;
  readonly uptime: number;
  readonly live_connections: number;
  readonly connections: number;
  readonly cluster_sessions: number;
  readonly load1: number;
  readonly load5: number;
  readonly load15: number;
  readonly memory_used: number;
  readonly memory_total: number;
  // Of the broker itself; the two above are of the machine.
  readonly process_memory: number;
  readonly process_used: number;
  readonly max_fds: number;
  readonly sys_path: string;
  readonly log_path: string;
}
