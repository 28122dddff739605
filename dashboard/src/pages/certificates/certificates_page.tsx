// Bundles of certificates that listeners and back ends name: what is in them, until when it is valid, and who uses it.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';
import type { Bundle } from './bundle';
import { useBundleColumns } from './bundle_columns';
import { BundleDialog } from './bundle_dialog';

export function CertificatesPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly Bundle[]>('/certs/global/list', { query: { details: true } });
  const [edited, setEdited] = useState<Bundle | 'new' | null>(null);
  const [removed, setRemoved] = useState<Bundle | null>(null);
  const remove = async (bundle: Bundle) => {
    await request('DELETE', `/certs/global/name/${part(bundle.name)}`);
    notify(say('bundle.removed', { name: bundle.name }));
    answer.reload();
  };
  return (
    <>
      <PageHead
        title={say('page.certificates')}
        text={say('certificates.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('bundle.add')}
            </Button>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.certificates')}
          columns={useBundleColumns(setEdited, setRemoved)}
          rows={answer.data}
          answer={answer}
          rowKey={bundle => bundle.name}
          empty={
            <Empty icon="certificate" title={say('certificates.none')}>
              {say('certificates.none_text')}
            </Empty>
          }
        />
      </Panel>
      {edited !== null && (
        <BundleDialog
          bundle={edited === 'new' ? null : edited}
          onClose={() => {
            setEdited(null);
            answer.reload();
          }}
        />
      )}
      {removed && (
        <Confirm
          title={say('bundle.remove')}
          actionLabel={say('action.remove')}
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          {say('bundle.remove_text', { name: removed.name })}
        </Confirm>
      )}
    </>
  );
}
