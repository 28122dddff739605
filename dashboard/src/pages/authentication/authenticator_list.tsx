// All authenticators.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { BackEndBadge } from '../../parts/back_end_badge';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
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
import { AUTHENTICATOR_KINDS } from './kinds';

interface Authenticator {
  readonly id: string;
  readonly mechanism: string;
  readonly backend?: string;
  readonly enable?: boolean;
}

export function AuthenticatorList() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly Authenticator[]>('/authentication');
  const [edited, setEdited] = useState<Authenticator | 'new' | null>(null);
  const [removed, setRemoved] = useState<Authenticator | null>(null);
  const act = useAction(answer.reload);
  const list = answer.data ?? [];
  const move = (from: number, to: number) =>
    act(
      () => request('PUT', '/authentication/order', { body: moved(list, from, to).map(({ id }) => ({ id })) }),
      say('order.done'),
    );
  const save = async (value: Keys) => {
    if (edited === 'new') {
      await request('POST', '/authentication', { body: value });
    } else if (edited) {
      await request('PUT', `/authentication/${part(edited.id)}`, { body: value });
    }
    notify(say('authenticator.saved'));
    answer.reload();
  };
  const remove = async (authenticator: Authenticator) => {
    await request('DELETE', `/authentication/${part(authenticator.id)}`);
    notify(say('authenticator.removed', { id: authenticator.id }));
    answer.reload();
  };
  return (
    <>
      <PageHead
        title={say('page.authentication')}
        text={say('authentication.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('authenticator.add')}
            </Button>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.authentication')}
          columns={useColumns(list, move, setEdited, setRemoved)}
          rows={answer.data}
          answer={answer}
          rowKey={one => one.id}
          empty={
            <Empty icon="lock" title={say('authentication.none')}>
              {say('authentication.none_text')}
            </Empty>
          }
        />
      </Panel>
      {edited !== null && (
        <EntryDialog
          title={edited === 'new' ? say('authenticator.add') : edited.id}
          kinds={AUTHENTICATOR_KINDS}
          {...(edited !== 'new' && { value: without(edited) })}
          onSave={save}
          onClose={() => setEdited(null)}
        />
      )}
      {removed && (
        <Confirm
          title={say('authenticator.remove')}
          actionLabel={say('action.remove')}
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          {say('authenticator.remove_text', { id: removed.id })}
        </Confirm>
      )}
    </>
  );
}

// The id is made of the rest.
function without({ id: _, ...rest }: Authenticator): Keys {
  return rest;
}

function useColumns(
  list: readonly Authenticator[],
  move: (from: number, to: number) => void,
  edit: (one: Authenticator) => void,
  remove: (one: Authenticator) => void,
): readonly Column<Authenticator>[] {
  const say = useText();
  return [
    {
      key: 'id',
      title: say('authenticator.name'),
      cell: one =>
        one.backend === 'built_in_database' ? (
          <a href={linkTo('authentication', [one.id])}>{one.id}</a>
        ) : (
          <code>{one.id}</code>
        ),
    },
    {
      key: 'state',
      title: say('client.state'),
      cell: one => <BackEndBadge path={`/authentication/${part(one.id)}/status`} isEnabled={one.enable !== false} />,
    },
    {
      key: 'actions',
      title: '',
      cell: one => (
        <RowActions onEdit={() => edit(one)} onRemove={() => remove(one)}>
          <OrderButtons
            name={one.id}
            at={list.indexOf(one)}
            count={list.length}
            onMove={to => move(list.indexOf(one), to)}
          />
        </RowActions>
      ),
    },
  ];
}
