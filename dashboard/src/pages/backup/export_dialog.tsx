// What goes into a new backup.
import { useState } from 'react';
import { request } from '../../api/request';
import { Dialog } from '../../parts/dialog';
import { CheckField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { useText } from '../../text/text';

export const TABLE_SETS = ['banned', 'builtin_authn', 'builtin_authz', 'dashboard_users', 'api_keys'] as const;
const PARTS = ['configuration', ...TABLE_SETS] as const;
type Part = (typeof PARTS)[number];

export function ExportDialog({ onClose }: { onClose(): void }) {
  const say = useText();
  const [wanted, setWanted] = useState<ReadonlySet<Part>>(new Set(PARTS));
  const make = async () => {
    const body = {
      ...(!wanted.has('configuration') && { root_keys: [] }),
      table_sets: TABLE_SETS.filter(set => wanted.has(set)),
    };
    await request('POST', '/data/export', { body });
    notify(say('backup.made'));
    onClose();
  };
  const toggle = (one: Part) => {
    const next = new Set(wanted);
    if (!next.delete(one)) {
      next.add(one);
    }
    setWanted(next);
  };
  return (
    <Dialog title={say('backup.make')} onClose={onClose}>
      <Form submitLabel={say('backup.make')} isDisabled={wanted.size === 0} onSubmit={make} onCancel={onClose}>
        <p className="page-text">{say('backup.secrets')}</p>
        {PARTS.map(one => (
          <CheckField
            key={one}
            label={say(`backup.part.${one}`)}
            checked={wanted.has(one)}
            onChange={() => toggle(one)}
          />
        ))}
      </Form>
    </Dialog>
  );
}
