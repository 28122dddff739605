// What a form asks of an entry of the configuration.
import type { TextKey } from '../../text/text';
import { type Keys, valueAt, withValue } from '../key_path';

// Keys that have a name in the catalogues.
type NamedKey<T> = T extends `key.${infer Key}` ? Key : never;
export type FieldKey = NamedKey<TextKey>;

export interface EntryField {
  readonly key: FieldKey;
  // `pairs`: names and texts; `json`: anything else; `pem`: a path, or what is in the file.
  readonly kind: 'text' | 'lines' | 'secret' | 'number' | 'flag' | 'choice' | 'pairs' | 'json' | 'pem';
  readonly hint?: TextKey;
  readonly isRequired?: boolean;
  // What counts where nothing is written.
  readonly standard?: string | number | boolean;
  readonly choices?: readonly string[];
  // Only asked where all of these keys have one of these values.
  readonly when?: Readonly<Record<string, readonly string[]>>;
  // It means nothing while it is not asked, and is kept for the time when it is.
  readonly isKept?: boolean;
}

export interface FieldGroup {
  // Absent for the first one, which is always open.
  readonly title?: TextKey;
  readonly fields: readonly EntryField[];
}

// A kind of entry: where a new one begins, and what is asked.
export interface EntryKind {
  readonly name: TextKey;
  readonly initial: Keys;
  readonly groups: readonly FieldGroup[];
}

export type FieldErrors = Readonly<Record<string, string>>;

export function fieldsOf(kind: EntryKind): readonly EntryField[] {
  return kind.groups.flatMap(group => group.fields);
}

export function isAsked(field: EntryField, kind: EntryKind, value: Keys): boolean {
  return Object.entries(field.when ?? {}).every(([key, wanted]) => {
    const standard = fieldsOf(kind).find(one => one.key === key)?.standard;
    return wanted.includes(String(valueAt(value, key) ?? standard ?? ''));
  });
}

// Without what is not asked any more since another key changed.
export function pruned(kind: EntryKind, value: Keys): Keys {
  const gone = fieldsOf(kind).filter(
    field => !field.isKept && !isAsked(field, kind, value) && valueAt(value, field.key) !== undefined,
  );
  return gone.reduce((rest, field) => withValue(rest, field.key, undefined), value);
}
