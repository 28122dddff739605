// All sources of rules, in the order in which they are asked.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { BackEndBadge } from '../../parts/back_end_badge';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { EntryDialog } from '../../parts/entry/entry_dialog';
import type { Keys } from '../../parts/key_path';
import { notify } from '../../parts/notices';
import { moved, OrderButtons } from '../../parts/order_buttons';
import { PageHead, Panel } from '../../parts/panel';
import { RowActions } from '../../parts/row_actions';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { linkTo } from '../../state/route';
import { useText } from '../../text/text';
import { CheckPanel } from './check_panel';
import { SOURCE_KINDS } from './kinds';
import { SettingsPanel } from './settings_panel';

const BUILT_IN = 'built_in_database';

interface Source {
  readonly type: string;
  readonly enable?: boolean;
}

export function SourceList() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<{ readonly sources: readonly Source[] }>('/authorization/sources');
  const [edited, setEdited] = useState<Source | 'new' | null>(null);
  const act = useAction(answer.reload);
  const list = answer.data?.sources ?? [];
  const move = (from: number, to: number) =>
    act(
      () =>
        request('PUT', '/authorization/sources/order', { body: moved(list, from, to).map(({ type }) => ({ type })) }),
      say('order.done'),
    );
  const save = async (value: Keys) => {
    if (edited === 'new') {
      await request('POST', '/authorization/sources', { body: value });
    } else if (edited) {
      await request('PUT', `/authorization/sources/${part(edited.type)}`, { body: value });
    }
    notify(say('source.saved'));
    answer.reload();
  };
  const edit = async (source: Source) =>
    setEdited(await request<Source>('GET', `/authorization/sources/${part(source.type)}`));
  const columns: readonly Column<Source>[] = [
    {
      key: 'type',
      title: say('source.name'),
      cell: one =>
        one.type === BUILT_IN ? <a href={linkTo('authorization', [BUILT_IN])}>{one.type}</a> : <code>{one.type}</code>,
    },
    {
      key: 'state',
      title: say('client.state'),
      cell: one => (
        <BackEndBadge path={`/authorization/sources/${part(one.type)}/status`} isEnabled={one.enable !== false} />
      ),
    },
    {
      key: 'actions',
      title: '',
      cell: one => (
        <RowActions
          onEdit={() => void edit(one).catch((error: unknown) => notify(String(error)))}
          onRemove={() =>
            act(
              () => request('DELETE', `/authorization/sources/${part(one.type)}`),
              say('source.removed', { type: one.type }),
            )
          }
        >
          <OrderButtons
            name={one.type}
            at={list.indexOf(one)}
            count={list.length}
            onMove={to => move(list.indexOf(one), to)}
          />
        </RowActions>
      ),
    },
  ];
  return (
    <>
      <PageHead
        title={say('page.authorization')}
        text={say('authorization.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('source.add')}
            </Button>
          )
        }
      />
      <Panel isFlush title={say('authorization.sources')}>
        <DataTable
          label={say('authorization.sources')}
          columns={columns}
          rows={answer.data?.sources}
          answer={answer}
          rowKey={one => one.type}
          empty={<Empty icon="shield" title={say('authorization.none')} />}
        />
      </Panel>
      {mayWrite && <CheckPanel />}
      <SettingsPanel />
      {edited !== null && (
        <EntryDialog
          title={edited === 'new' ? say('source.add') : edited.type}
          kinds={SOURCE_KINDS}
          {...(edited !== 'new' && { value: { ...edited } })}
          onSave={save}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}
