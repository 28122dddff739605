// An entry of a list of the configuration, made or changed: as a form of its kind, and as JSON for the keys that the form does not ask.
import { useState } from 'react';
import { useText } from '../../text/text';
import { ChoiceBar } from '../choice_bar';
import { Dialog } from '../dialog';
import { SelectField, TextArea } from '../field';
import { Form } from '../form';
import { type Keys, valueAt, withValue } from '../key_path';
import { type EntryKind, type FieldErrors, isAsked, pruned } from './entry_field';
import { EntryInput } from './entry_input';
import { fieldErrors } from './field_errors';

export interface EntryDialogProps {
  readonly title: string;
  // Absent for a new one, which begins as one of `kinds`.
  readonly value?: Keys;
  readonly kinds: readonly EntryKind[];
  onSave(value: Keys): Promise<void>;
  onClose(): void;
}

export function EntryDialog({ title, value: before, kinds, onSave, onClose }: EntryDialogProps) {
  const say = useText();
  const [at, setAt] = useState(0);
  const kind = before === undefined ? kinds[at] : kinds.find(one => isOfKind(one, before));
  const [value, setValue] = useState<Keys>(before ?? kind?.initial ?? {});
  // The text is there while it is what is shown.
  const [text, setText] = useState<string | null>(kind === undefined ? written(value) : null);
  const [errors, setErrors] = useState<FieldErrors>({});
  const save = async () => {
    const saved =
      text === null && kind !== undefined ? pruned(kind, value) : parsed(text ?? '', say('entry.not_object'));
    setErrors({});
    try {
      await onSave(saved);
    } catch (error) {
      const found = text === null && kind !== undefined ? fieldErrors(error, kind, saved) : undefined;
      if (found === undefined) {
        throw error;
      }
      setErrors(found);
      throw new Error(say('entry.refused'));
    }
    onClose();
  };
  const show = (view: string) => {
    if (view === 'json') {
      setText(written(kind === undefined ? value : pruned(kind, value)));
    } else if (text !== null) {
      try {
        setValue(parsed(text, ''));
        setText(null);
        setErrors({});
      } catch {
        // What is no JSON stays to be mended.
      }
    }
  };
  const views = [
    { value: 'form', label: say('entry.form') },
    { value: 'json', label: say('entry.json') },
  ];
  return (
    <Dialog title={title} isWide onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
        {before === undefined && (
          <SelectField
            label={say('entry.kind')}
            choices={kinds.map((one, place) => ({ value: String(place), label: say(one.name) }))}
            value={String(at)}
            onChange={event => {
              const chosen = Number(event.target.value);
              const initial = kinds[chosen]?.initial ?? {};
              setAt(chosen);
              setValue(initial);
              setText(text === null ? null : written(initial));
              setErrors({});
            }}
          />
        )}
        {kind !== undefined && (
          <ChoiceBar
            label={say('entry.views')}
            choices={views}
            value={text === null ? 'form' : 'json'}
            onChange={show}
          />
        )}
        {text === null && kind !== undefined ? (
          <EntryForm
            key={at}
            kind={kind}
            value={value}
            errors={errors}
            onChange={(key, next) => setValue(held => withValue(held, key, next))}
          />
        ) : (
          <TextArea
            label={say('json.text')}
            required
            rows={14}
            spellCheck={false}
            value={text ?? ''}
            onChange={event => setText(event.target.value)}
          />
        )}
      </Form>
    </Dialog>
  );
}

interface EntryFormProps {
  readonly kind: EntryKind;
  readonly value: Keys;
  readonly errors: FieldErrors;
  onChange(key: string, value: unknown): void;
}

function EntryForm({ kind, value, errors, onChange }: EntryFormProps) {
  const say = useText();
  return kind.groups.map(group => {
    const asked = group.fields.filter(field => isAsked(field, kind, value));
    const inputs = asked.map(field => (
      <EntryInput
        key={field.key}
        field={field}
        value={valueAt(value, field.key)}
        error={errors[field.key]}
        onChange={next => onChange(field.key, next)}
      />
    ));
    if (group.title === undefined) {
      return (
        <div key="first" className="form-grid">
          {inputs}
        </div>
      );
    }
    // What is refused must not be folded away.
    const isRefused = asked.some(field => errors[field.key] !== undefined);
    return (
      <details key={group.title} className="fold" {...(isRefused && { open: true })}>
        <summary>{say(group.title)}</summary>
        <div className="form-grid">{inputs}</div>
      </details>
    );
  });
}

// The keys that say what an entry is.
const KIND_KEYS = ['mechanism', 'backend', 'type'];

function isOfKind(kind: EntryKind, value: Keys): boolean {
  return KIND_KEYS.every(key => kind.initial[key] === value[key]);
}

function written(value: Keys): string {
  return JSON.stringify(value, null, 2);
}

function parsed(text: string, notObject: string): Keys {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(notObject);
  }
  return value as Keys;
}
