// A listener, made or changed. What is not asked here is in the configuration.
import { useState } from 'react';
import type { Listener } from '../../api/listeners';
import { part, request } from '../../api/request';
import { Dialog } from '../../parts/dialog';
import { CheckField, SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { useText } from '../../text/text';

const KINDS = ['tcp', 'ssl', 'ws', 'wss', 'quic'].map(kind => ({ value: kind, label: kind }));

export function ListenerDialog({ listener, onClose }: { listener: Listener | null; onClose(): void }) {
  const say = useText();
  const [kind, setKind] = useState(listener?.type ?? 'tcp');
  const [name, setName] = useState(listener?.name ?? '');
  const [bind, setBind] = useState(listener?.bind ?? '0.0.0.0:');
  const [limit, setLimit] = useState(String(listener?.max_connections ?? 'infinity'));
  const [mountpoint, setMountpoint] = useState(listener?.mountpoint ?? '');
  const [isEnabled, setEnabled] = useState(listener?.enable ?? true);
  const save = async () => {
    const id = `${kind}:${name}`;
    const body = {
      bind,
      enable: isEnabled,
      max_connections: limit === 'infinity' ? limit : Number(limit),
      ...((listener?.mountpoint ?? '') !== mountpoint && { mountpoint }),
    };
    if (listener === null) {
      await request('POST', '/listeners', { body: { ...body, type: kind, name } });
    } else {
      await request('PUT', `/listeners/${part(id)}`, { body });
    }
    notify(say('listener.saved', { id }));
    onClose();
  };
  return (
    <Dialog title={listener === null ? say('listener.add') : listener.id} onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
        {listener === null && (
          <div className="form-row">
            <SelectField
              label={say('listener.kind')}
              choices={KINDS}
              value={kind}
              onChange={event => setKind(event.target.value)}
            />
            <TextField
              label={say('listener.name')}
              required
              pattern="[A-Za-z0-9_\-]+"
              value={name}
              onChange={event => setName(event.target.value)}
            />
          </div>
        )}
        <TextField
          label={say('listener.address')}
          hint={say('listener.address_hint')}
          required
          value={bind}
          onChange={event => setBind(event.target.value)}
        />
        <div className="form-row">
          <TextField
            label={say('listener.limit')}
            hint={say('listener.limit_hint')}
            required
            pattern="infinity|[0-9]+"
            value={limit}
            onChange={event => setLimit(event.target.value)}
          />
          <TextField
            label={say('client.mountpoint')}
            value={mountpoint}
            onChange={event => setMountpoint(event.target.value)}
          />
        </div>
        <CheckField
          label={say('listener.enabled')}
          checked={isEnabled}
          onChange={event => setEnabled(event.target.checked)}
        />
      </Form>
    </Dialog>
  );
}
