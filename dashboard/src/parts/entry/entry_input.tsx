// One field of an entry.
import { type ReactNode, useState } from 'react';
import { useText } from '../../text/text';
import { CheckField, SelectField, TextArea, TextField } from '../field';
import { TextFileField } from '../text_file_field';
import type { EntryField } from './entry_field';
import { PairsField } from './pairs_field';

export interface EntryInputProps {
  readonly field: EntryField;
  readonly value: unknown;
  readonly error: string | undefined;
  // Undefined: what counts by itself.
  onChange(value: unknown): void;
}

export function EntryInput({ field, value, error, onChange }: EntryInputProps) {
  const say = useText();
  const { kind, standard, isRequired = false } = field;
  const label = say(`key.${field.key}`);
  const hint: ReactNode = field.hint && say(field.hint);
  const labelled = { label, hint, ...(error !== undefined && { error }), required: isRequired };
  const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
  const change = (next: string) => onChange(next === '' ? undefined : next);
  switch (kind) {
    case 'flag':
      return (
        <CheckField
          label={label}
          hint={hint}
          {...(error !== undefined && { error })}
          checked={(value ?? standard) === true}
          onChange={event => onChange(event.target.checked)}
        />
      );
    case 'choice':
      return (
        <SelectField
          {...labelled}
          className="control control-names"
          choices={(field.choices ?? []).map(one => ({ value: one, label: one }))}
          value={String(value ?? standard ?? '')}
          onChange={event => onChange(event.target.value)}
        />
      );
    case 'pairs':
      return isPairs(value) ? (
        <PairsField label={label} hint={hint} error={error} value={value ?? {}} onChange={onChange} />
      ) : (
        <JsonField field={field} value={value} error={error} onChange={onChange} />
      );
    case 'json':
      return <JsonField field={field} value={value} error={error} onChange={onChange} />;
    case 'lines':
      return (
        <TextArea
          {...labelled}
          rows={field.key === 'rules' ? 12 : 3}
          spellCheck={false}
          value={text}
          onChange={event => change(event.target.value)}
        />
      );
    case 'pem':
      return <TextFileField {...labelled} value={text} onText={change} />;
    case 'secret':
      return (
        <TextField
          {...labelled}
          type="password"
          autoComplete="new-password"
          value={text}
          onChange={event => change(event.target.value)}
        />
      );
    default:
      return (
        <TextField
          {...labelled}
          className="control control-names"
          autoComplete="off"
          placeholder={standard === undefined ? undefined : String(standard)}
          value={text}
          onChange={event => onChange(asNumber(field, event.target.value))}
        />
      );
  }
}

// What is no number goes to the node as it stands, which says what it wants.
function asNumber(field: EntryField, text: string): unknown {
  if (text === '') {
    return undefined;
  }
  return field.kind === 'number' && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function isPairs(value: unknown): value is Readonly<Record<string, string>> | undefined {
  return (
    value === undefined ||
    (typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every(one => typeof one === 'string'))
  );
}

function JsonField({ field, value, error, onChange }: EntryInputProps) {
  const say = useText();
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  const [mistake, setMistake] = useState<string>();
  const shown = mistake ?? error;
  return (
    <TextArea
      label={say(`key.${field.key}`)}
      hint={field.hint && say(field.hint)}
      {...(shown !== undefined && { error: shown })}
      required={field.isRequired ?? false}
      rows={5}
      spellCheck={false}
      value={text}
      onChange={event => {
        setText(event.target.value);
        try {
          onChange(event.target.value === '' ? undefined : JSON.parse(event.target.value));
          setMistake(undefined);
        } catch (wrong) {
          // The node must not take the value before it for what stands here.
          onChange(event.target.value);
          setMistake(say('entry.not_json', { error: String(wrong) }));
        }
      }}
    />
  );
}
