// Keys for programs.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Moment } from '../../parts/moment';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';
import { type ApiKey, KeyDialog } from './key_dialog';

export function ApiKeysPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly ApiKey[]>('/api_key');
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<ApiKey | null>(null);
  const remove = async (key: ApiKey) => {
    await request('DELETE', `/api_key/${part(key.name)}`);
    notify(say('key.removed', { name: key.name }));
    answer.reload();
  };
  return (
    <>
      <PageHead
        title={say('page.api_keys')}
        text={say('keys.text')}
        actions={
          <>
            <a className="button button-plain" href="./api-docs">
              {say('keys.docs')}
            </a>
            {mayWrite && (
              <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
                {say('key.add')}
              </Button>
            )}
          </>
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.api_keys')}
          columns={useColumns(answer.reload, setRemoved)}
          rows={answer.data}
          answer={answer}
          rowKey={key => key.name}
          empty={
            <Empty icon="key" title={say('keys.none')}>
              {say('keys.none_text')}
            </Empty>
          }
        />
      </Panel>
      {isAdding && (
        <KeyDialog
          onClose={() => {
            setAdding(false);
            answer.reload();
          }}
        />
      )}
      {removed && (
        <Confirm
          title={say('key.remove')}
          actionLabel={say('action.remove')}
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          {say('key.remove_text', { name: removed.name })}
        </Confirm>
      )}
    </>
  );
}

function useColumns(reload: () => void, remove: (key: ApiKey) => void): readonly Column<ApiKey>[] {
  const say = useText();
  const mayWrite = useMayWrite();
  const act = useAction(reload);
  const toggle = (key: ApiKey) =>
    act(
      () => request('PUT', `/api_key/${part(key.name)}`, { body: { enable: !key.enable, expired_at: key.expired_at } }),
      say('key.saved', { name: key.name }),
    );
  return [
    { key: 'name', title: say('key.name'), cell: key => <strong>{key.name}</strong> },
    { key: 'key', title: say('key.key'), isMinor: true, cell: key => <code>{key.api_key}</code> },
    { key: 'role', title: say('user.role'), cell: key => say(`role.${key.role}`) },
    { key: 'state', title: say('client.state'), cell: key => <KeyBadge apiKey={key} /> },
    {
      key: 'end',
      title: say('key.end'),
      isMinor: true,
      cell: key => (key.expired_at === 'infinity' ? say('word.never') : <Moment at={key.expired_at} />),
    },
    {
      key: 'actions',
      title: '',
      cell: key =>
        mayWrite && (
          <>
            <Button className="button-small" onClick={() => toggle(key)}>
              {say(key.enable ? 'action.disable' : 'action.enable')}
            </Button>
            <Button className="button-small" kind="danger" onClick={() => remove(key)}>
              {say('action.remove')}
            </Button>
          </>
        ),
    },
  ];
}

function KeyBadge({ apiKey }: { apiKey: ApiKey }) {
  const say = useText();
  if (apiKey.expired) {
    return <Badge tone="bad">{say('key.expired')}</Badge>;
  }
  return (
    <Badge tone={apiKey.enable ? 'good' : 'neutral'}>{say(apiKey.enable ? 'state.enabled' : 'state.disabled')}</Badge>
  );
}
