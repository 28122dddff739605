// Where clients connect: what each listener does, started, stopped, changed, made and removed.
import { useState } from 'react';
import type { Listener } from '../../api/listeners';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';
import { ListenerDialog } from './listener_dialog';
import { useListenerColumns } from './listener_state';

const EVERY_MS = 5000;

export function ListenersPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly Listener[]>('/listeners', { everyMs: EVERY_MS });
  const [edited, setEdited] = useState<Listener | 'new' | null>(null);
  const [removed, setRemoved] = useState<Listener | null>(null);
  const remove = async (listener: Listener) => {
    await request('DELETE', `/listeners/${part(listener.id)}`);
    notify(say('listener.removed', { id: listener.id }));
    answer.reload();
  };
  return (
    <>
      <PageHead
        title={say('page.listeners')}
        text={say('listeners.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('listener.add')}
            </Button>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.listeners')}
          columns={useColumns(answer.reload, setEdited, setRemoved)}
          rows={answer.data}
          answer={answer}
          rowKey={listener => listener.id}
          empty={<Empty icon="door" title={say('listeners.none')} />}
        />
      </Panel>
      {edited !== null && (
        <ListenerDialog
          listener={edited === 'new' ? null : edited}
          onClose={() => {
            setEdited(null);
            answer.reload();
          }}
        />
      )}
      {removed && (
        <Confirm
          title={say('listener.remove')}
          actionLabel={say('action.remove')}
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          {say('listener.remove_text', { id: removed.id })}
        </Confirm>
      )}
    </>
  );
}

function useColumns(
  reload: () => void,
  edit: (listener: Listener) => void,
  remove: (listener: Listener) => void,
): readonly Column<Listener>[] {
  const say = useText();
  const mayWrite = useMayWrite();
  const act = useAction(reload);
  const operate = (listener: Listener) => {
    const operation = listener.running ? 'stop' : 'start';
    const done = say(listener.running ? 'listener.stopped' : 'listener.started', { id: listener.id });
    return act(() => request('POST', `/listeners/${part(listener.id)}/${operation}`), done);
  };
  return [
    ...useListenerColumns(),
    { key: 'zone', title: say('client.zone'), isMinor: true, cell: listener => listener.zone },
    {
      key: 'actions',
      title: '',
      cell: listener =>
        mayWrite && (
          <>
            <Button className="button-small" onClick={() => operate(listener)}>
              {say(listener.running ? 'action.stop' : 'action.start')}
            </Button>
            <Button className="button-small" onClick={() => edit(listener)}>
              {say('action.edit')}
            </Button>
            <Button className="button-small" kind="danger" onClick={() => remove(listener)}>
              {say('action.remove')}
            </Button>
          </>
        ),
    },
  ];
}
