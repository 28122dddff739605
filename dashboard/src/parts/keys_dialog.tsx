// Some keys of the configuration as a form: what was changed is sent, counts at once, and is kept.
import { useState } from 'react';
import { request } from '../api/request';
import { useQuery } from '../api/use_query';
import { useText } from '../text/text';
import { Dialog } from './dialog';
import { ErrorNote } from './error_note';
import { CheckField, TextField } from './field';
import { Form } from './form';
import { type Keys, valueAt, withValue } from './key_path';
import { notify } from './notices';

export interface KeyField {
  // Below the root; `backend.type` is below `backend`.
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
}

export interface KeysDialogProps {
  readonly title: string;
  // Where they are read and written.
  readonly path: string;
  readonly fields: readonly KeyField[];
  onClose(): void;
}

export function KeysDialog({ title, path, fields, onClose }: KeysDialogProps) {
  const answer = useQuery<Keys>(path);
  return (
    <Dialog title={title} onClose={onClose}>
      {answer.error && <ErrorNote error={answer.error} onRetry={answer.reload} />}
      {answer.data ? (
        <KeysForm keys={answer.data} path={path} fields={fields} onClose={onClose} />
      ) : (
        <span className="waiting" />
      )}
    </Dialog>
  );
}

function KeysForm({ keys, path, fields, onClose }: Omit<KeysDialogProps, 'title'> & { keys: Keys }) {
  const say = useText();
  const [changes, setChanges] = useState<Readonly<Record<string, boolean | string>>>({});
  const save = async () => {
    let body: Keys = {};
    for (const [key, value] of Object.entries(changes)) {
      // A number is one, as in the file.
      const isNumber = typeof value === 'string' && /^\d{1,15}$/.test(value);
      body = withValue(body, key, isNumber ? Number(value) : value);
    }
    await request('PUT', path, { body });
    notify(say('settings.changed'));
    onClose();
  };
  return (
    <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
      {fields.map(({ key, label, hint }) => {
        const value = changes[key] ?? valueAt(keys, key);
        const change = (next: boolean | string) => setChanges(before => ({ ...before, [key]: next }));
        const labelled = { label, ...(hint !== undefined && { hint }) };
        return typeof value === 'boolean' ? (
          <CheckField key={key} {...labelled} checked={value} onChange={event => change(event.target.checked)} />
        ) : (
          <TextField
            key={key}
            {...labelled}
            required
            value={String(value ?? '')}
            onChange={event => change(event.target.value)}
          />
        );
      })}
    </Form>
  );
}
