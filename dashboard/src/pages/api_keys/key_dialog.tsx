// A new key, and its secret, which is shown this once.
import { useState } from 'react';
import { request } from '../../api/request';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { useText } from '../../text/text';

export interface ApiKey {
  readonly name: string;
  readonly api_key: string;
  readonly api_secret?: string;
  readonly enable: boolean;
  readonly expired: boolean;
  readonly expired_at: string;
  readonly desc: string;
  readonly role: 'administrator' | 'viewer' | 'publisher';
}

const ROLES = ['viewer', 'publisher', 'administrator'] as const;

export function KeyDialog({ onClose }: { onClose(): void }) {
  const say = useText();
  const [made, setMade] = useState<ApiKey | null>(null);
  const [name, setName] = useState('');
  const [role, setRole] = useState<string>('viewer');
  const [end, setEnd] = useState('');
  const [description, setDescription] = useState('');
  const make = async () => {
    const expired_at = end === '' ? 'infinity' : new Date(end).toISOString();
    setMade(await request<ApiKey>('POST', '/api_key', { body: { name, role, expired_at, desc: description } }));
  };
  if (made !== null) {
    return (
      <Dialog title={made.name} onClose={onClose}>
        <Secret apiKey={made} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title={say('key.add')} onClose={onClose}>
      <Form submitLabel={say('key.add')} onSubmit={make} onCancel={onClose}>
        <TextField
          label={say('key.name')}
          required
          autoFocus
          maxLength={256}
          value={name}
          onChange={event => setName(event.target.value)}
        />
        <SelectField
          label={say('user.role')}
          choices={ROLES.map(value => ({ value, label: say(`role.${value}`) }))}
          value={role}
          onChange={event => setRole(event.target.value)}
        />
        <TextField
          label={say('key.end')}
          hint={say('key.end_hint')}
          type="datetime-local"
          value={end}
          onChange={event => setEnd(event.target.value)}
        />
        <TextField
          label={say('user.description')}
          value={description}
          onChange={event => setDescription(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}

function Secret({ apiKey, onClose }: { apiKey: ApiKey; onClose(): void }) {
  const say = useText();
  const copy = () =>
    navigator.clipboard?.writeText(`${apiKey.api_key}:${apiKey.api_secret}`).then(
      () => notify(say('key.copied')),
      () => undefined,
    );
  return (
    <div className="form">
      <p>{say('key.secret_text')}</p>
      <TextField label={say('key.key')} readOnly value={apiKey.api_key} />
      <TextField label={say('key.secret')} readOnly value={apiKey.api_secret ?? ''} />
      <div className="form-actions">
        <Button icon="copy" onClick={copy}>
          {say('action.copy')}
        </Button>
        <Button kind="primary" onClick={onClose}>
          {say('action.close')}
        </Button>
      </div>
    </div>
  );
}
