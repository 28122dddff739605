// Objects of `/certs/global/list`.
export const KINDS = ['chain', 'key', 'key_password', 'ca', 'acc_key'] as const;
export type Kind = (typeof KINDS)[number];

export interface Bundle {
  readonly name: string;
  readonly files: readonly Kind[];
  // Where the configuration names it: each a path of keys.
  readonly referencing_configs: readonly (readonly string[])[];
  readonly certificate?: {
    readonly subject: string;
    readonly names: readonly string[];
    readonly not_after: string;
  };
}
