// What every client is subscribed to as it comes.
import { useState } from 'react';
import { request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { PageHead, Panel } from '../../parts/panel';
import { RowActions } from '../../parts/row_actions';
import { useSubscriptionColumns } from '../../parts/subscription_columns';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';
import { type AutoSubscription, AutoSubscriptionDialog } from './auto_subscription_dialog';

const PATH = '/mqtt/auto_subscribe';

export function AutoSubscribePage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly AutoSubscription[]>(PATH);
  const [edited, setEdited] = useState<AutoSubscription | 'new' | null>(null);
  const act = useAction();
  const list = answer.data ?? [];
  const put = async (next: readonly AutoSubscription[]) => {
    await request('PUT', PATH, { body: next });
    answer.reload();
  };
  const save = (entry: AutoSubscription) =>
    put(edited === 'new' ? [...list, entry] : list.map(one => (one === edited ? entry : one)));
  const columns: readonly Column<AutoSubscription>[] = [
    ...useSubscriptionColumns(),
    {
      key: 'actions',
      title: '',
      cell: one => (
        <RowActions
          onEdit={() => setEdited(one)}
          onRemove={() =>
            act(() => put(list.filter(other => other !== one)), say('auto_subscribe.removed', { topic: one.topic }))
          }
        />
      ),
    },
  ];
  return (
    <>
      <PageHead
        title={say('page.auto_subscribe')}
        text={say('auto_subscribe.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('auto_subscribe.add')}
            </Button>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.auto_subscribe')}
          columns={columns}
          rows={answer.data}
          answer={answer}
          rowKey={one => JSON.stringify(one)}
          empty={
            <Empty icon="inbox" title={say('auto_subscribe.none')}>
              {say('auto_subscribe.none_text')}
            </Empty>
          }
        />
      </Panel>
      {edited !== null && (
        <AutoSubscriptionDialog
          entry={edited === 'new' ? undefined : edited}
          onSave={save}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}
