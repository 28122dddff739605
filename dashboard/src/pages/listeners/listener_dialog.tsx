// A listener, made or changed: what most want to change as fields, and everything else as JSON.
import { useState } from 'react';
import type { Listener } from '../../api/listeners';
import { part, request } from '../../api/request';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { CheckField, SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { JsonDialog } from '../../parts/json_dialog';
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
  const [hasAllKeys, setAllKeys] = useState(false);
  const saved = (id: string) => notify(say('listener.saved', { id }));
  if (listener !== null && hasAllKeys) {
    const change = async (value: unknown) => {
      await request('PUT', `/listeners/${part(listener.id)}`, { body: value });
      saved(listener.id);
    };
    return <JsonDialog title={listener.id} value={keysOf(listener)} onSave={change} onClose={onClose} />;
  }
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
    saved(id);
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
        <div className="form-apart">
          <CheckField
            label={say('listener.enabled')}
            checked={isEnabled}
            onChange={event => setEnabled(event.target.checked)}
          />
          {listener !== null && (
            <Button className="button-small" kind="quiet" onClick={() => setAllKeys(true)}>
              {say('settings.all')}
            </Button>
          )}
        </div>
      </Form>
    </Dialog>
  );
}

// What it does is no key of it, and its name stays.
const NO_KEYS = ['id', 'name', 'node_status', 'number', 'running', 'status', 'type'];

function keysOf(listener: Listener): unknown {
  return Object.fromEntries(Object.entries(listener).filter(([key]) => !NO_KEYS.includes(key)));
}
