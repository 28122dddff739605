// A new ban.
import { useState } from 'react';
import { request } from '../../api/request';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { useText } from '../../text/text';

const KINDS = ['clientid', 'username', 'peerhost', 'clientid_re', 'username_re', 'peerhost_net'] as const;

export function BanDialog({ onClose }: { onClose(): void }) {
  const say = useText();
  const [kind, setKind] = useState<string>('clientid');
  const [who, setWho] = useState('');
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState('');
  const ban = async () => {
    const end = until === '' ? 'infinity' : new Date(until).toISOString();
    await request('POST', '/banned', { body: { as: kind, who, reason, until: end } });
    notify(say('ban.added', { who }));
    onClose();
  };
  return (
    <Dialog title={say('ban.add')} onClose={onClose}>
      <Form submitLabel={say('ban.add')} isDangerous onSubmit={ban} onCancel={onClose}>
        <div className="form-row">
          <SelectField
            label={say('ban.as')}
            choices={KINDS.map(value => ({ value, label: say(`ban.as.${value}`) }))}
            value={kind}
            onChange={event => setKind(event.target.value)}
          />
          <TextField
            label={say('ban.who')}
            required
            autoFocus
            value={who}
            onChange={event => setWho(event.target.value)}
          />
        </div>
        <TextField label={say('ban.reason')} value={reason} onChange={event => setReason(event.target.value)} />
        <TextField
          label={say('ban.until')}
          hint={say('ban.until_hint')}
          type="datetime-local"
          value={until}
          onChange={event => setUntil(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}
