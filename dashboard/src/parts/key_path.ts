// Values of an object by the path of their keys: `ssl.verify`.
export type Keys = Readonly<Record<string, unknown>>;

export function valueAt(keys: Keys, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => (value as Keys | undefined)?.[name], keys);
}

// The same with another value there; without the key where the value is undefined.
export function withValue(keys: Keys, key: string, value: unknown): Keys {
  const [name = '', ...rest] = key.split('.');
  if (rest.length > 0) {
    const inner = keys[name];
    const below = typeof inner === 'object' && inner !== null ? (inner as Keys) : {};
    return { ...keys, [name]: withValue(below, rest.join('.'), value) };
  }
  const { [name]: _, ...others } = keys;
  return value === undefined ? others : { ...keys, [name]: value };
}
