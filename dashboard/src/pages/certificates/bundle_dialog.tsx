// A bundle made, or parts of it replaced: as files, or as text that is pasted.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { TextFileField } from '../../parts/text_file_field';
import { useText } from '../../text/text';
import type { Bundle, Kind } from './bundle';

const FILES = ['chain', 'key', 'ca'] as const;

export function BundleDialog({ bundle, onClose }: { bundle: Bundle | null; onClose(): void }) {
  const say = useText();
  const [name, setName] = useState(bundle?.name ?? '');
  const [parts, setParts] = useState<Readonly<Partial<Record<Kind, string>>>>({});
  const setPart = (kind: Kind, text: string) => setParts(before => ({ ...before, [kind]: text }));
  const save = async () => {
    // Parts that are not sent stay as they are.
    const sent = Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== ''));
    await request('POST', `/certs/global/name/${part(name)}`, { body: sent });
    notify(say('bundle.saved', { name }));
    onClose();
  };
  return (
    <Dialog title={bundle === null ? say('bundle.add') : bundle.name} onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
        {bundle === null ? (
          <TextField
            label={say('bundle.name')}
            hint={say('bundle.name_hint')}
            required
            autoFocus
            value={name}
            onChange={event => setName(event.target.value)}
          />
        ) : (
          <p className="page-text">{say('bundle.replace_text')}</p>
        )}
        {FILES.map(kind => (
          <TextFileField
            key={kind}
            label={say(`bundle.part.${kind}`)}
            hint={say(`bundle.part.${kind}_hint`)}
            required={bundle === null && kind !== 'ca'}
            value={parts[kind] ?? ''}
            onText={text => setPart(kind, text)}
          />
        ))}
        <TextField
          label={say('bundle.part.key_password')}
          hint={say('bundle.part.key_password_hint')}
          type="password"
          autoComplete="new-password"
          value={parts.key_password ?? ''}
          onChange={event => setPart('key_password', event.target.value)}
        />
      </Form>
    </Dialog>
  );
}
