// A refusal of the node, told at the fields that it is about. It names keys as `authentication.1.server`, or says `cmd = GET x`.
import { RequestError } from '../../api/request';
import type { Keys } from '../key_path';
import { type EntryField, type EntryKind, type FieldErrors, fieldsOf, isAsked } from './entry_field';

const PLACE = /^request:\d+: /;
// The field says the rest.
const ENTRY = /`[\w.]+\.\d+\./g;
const NAMED = /`(?:[\w.]+\.\d+\.)?([\w.]+)(?:`| = )/;

// Undefined where a line is about no field that is shown: the refusal is then shown as a whole.
export function fieldErrors(error: unknown, kind: EntryKind, value: Keys): FieldErrors | undefined {
  if (!(error instanceof RequestError) || error.status !== 400) {
    return undefined;
  }
  const shown = fieldsOf(kind).filter(field => isAsked(field, kind, value));
  const found: Record<string, string> = {};
  for (const line of error.message.split('\n')) {
    const field = fieldOf(shown, NAMED.exec(line)?.[1] ?? '');
    if (field === undefined) {
      return undefined;
    }
    found[field.key] = line.replace(PLACE, '').replace(ENTRY, '`');
  }
  return found;
}

// The one of the key itself, or of the key that it is below.
function fieldOf(fields: readonly EntryField[], key: string): EntryField | undefined {
  return fields.find(field => key === field.key || key.startsWith(`${field.key}.`));
}
