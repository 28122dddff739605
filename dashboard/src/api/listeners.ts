// Objects of `/listeners`: some keys of the configuration, and what the listener does.
export interface Listener {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly bind: string;
  readonly enable?: boolean;
  readonly running: boolean;
  readonly zone?: string;
  readonly mountpoint?: string;
  readonly max_connections?: number | 'infinity';
  readonly enable_authn?: boolean | string;
  readonly status: { readonly current_connections: number; readonly max_connections: number | 'infinity' };
}
