// A new trace; of a client, where somebody comes from its page.
import { useState } from 'react';
import { request } from '../../api/request';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { goTo } from '../../state/route';
import { useText } from '../../text/text';

const KINDS = ['clientid', 'topic', 'ip_address'] as const;
const MINUTES = ['10', '30', '60', '360', '1440'];

export function TraceDialog({ clientId, onClose }: { clientId: string; onClose(): void }) {
  const say = useText();
  const [name, setName] = useState(clientId.replace(/[^A-Za-z0-9_-]/g, '_'));
  const [kind, setKind] = useState<string>('clientid');
  const [what, setWhat] = useState(clientId);
  const [minutes, setMinutes] = useState('30');
  const [payload, setPayload] = useState('text');
  const [formatter, setFormatter] = useState('text');
  const start = async () => {
    const end = new Date(Date.now() + Number(minutes) * 60_000).toISOString();
    const body = { name, type: kind, [kind]: what, end_at: end, payload_encode: payload, formatter };
    await request('POST', '/trace', { body });
    notify(say('trace.started', { name }));
    onClose();
    goTo('trace', [name]);
  };
  return (
    <Dialog title={say('trace.add')} onClose={onClose}>
      <Form submitLabel={say('action.start')} onSubmit={start} onCancel={onClose}>
        <TextField
          label={say('trace.name')}
          hint={say('trace.name_hint')}
          required
          autoFocus
          pattern="[A-Za-z0-9_\-]+"
          maxLength={256}
          value={name}
          onChange={event => setName(event.target.value)}
        />
        <div className="form-row">
          <SelectField
            label={say('trace.kind')}
            choices={KINDS.map(value => ({ value, label: say(`trace.kind.${value}`) }))}
            value={kind}
            onChange={event => setKind(event.target.value)}
          />
          <TextField label={say('trace.what')} required value={what} onChange={event => setWhat(event.target.value)} />
        </div>
        <div className="form-row">
          <SelectField
            label={say('trace.minutes')}
            choices={MINUTES.map(value => ({ value, label: value }))}
            value={minutes}
            onChange={event => setMinutes(event.target.value)}
          />
          <SelectField
            label={say('trace.payload')}
            choices={(['text', 'hex', 'hidden'] as const).map(value => ({
              value,
              label: say(`trace.payload.${value}`),
            }))}
            value={payload}
            onChange={event => setPayload(event.target.value)}
          />
          <SelectField
            label={say('trace.formatter')}
            choices={[
              { value: 'text', label: say('trace.payload.text') },
              { value: 'json', label: 'JSON' },
            ]}
            value={formatter}
            onChange={event => setFormatter(event.target.value)}
          />
        </div>
      </Form>
    </Dialog>
  );
}
