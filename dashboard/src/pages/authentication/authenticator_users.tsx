// Users of the built-in database.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Dialog } from '../../parts/dialog';
import { Empty } from '../../parts/empty';
import { CheckField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useLater } from '../../state/use_later';
import { useText } from '../../text/text';

interface MqttUser {
  readonly user_id: string;
  readonly is_superuser: boolean;
}

const LIMIT = 50;

export function AuthenticatorUsers({ id }: { id: string }) {
  const say = useText();
  const mayWrite = useMayWrite();
  const [wanted, setWanted] = useState('');
  const [page, setPage] = useState(1);
  const [isAdding, setAdding] = useState(false);
  const path = `/authentication/${part(id)}/users`;
  const answer = useQuery<Page<MqttUser>>(path, { query: { like_user_id: useLater(wanted), page, limit: LIMIT } });
  const act = useAction(answer.reload);
  const columns: readonly Column<MqttUser>[] = [
    { key: 'user', title: say('login.username'), cell: user => <code>{user.user_id}</code> },
    { key: 'super', title: say('mqtt_user.super'), cell: user => say(user.is_superuser ? 'word.yes' : 'word.no') },
    {
      key: 'actions',
      title: '',
      cell: user =>
        mayWrite && (
          <Button
            className="button-small"
            kind="danger"
            onClick={() =>
              act(() => request('DELETE', `${path}/${part(user.user_id)}`), say('user.removed', { name: user.user_id }))
            }
          >
            {say('action.remove')}
          </Button>
        ),
    },
  ];
  return (
    <>
      <PageHead
        title={id}
        back={
          <a className="back" href="#/authentication">
            ← {say('page.authentication')}
          </a>
        }
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
              {say('user.add')}
            </Button>
          )
        }
      />
      <search className="filters">
        <TextField
          label={say('login.username')}
          type="search"
          value={wanted}
          onChange={event => {
            setWanted(event.target.value);
            setPage(1);
          }}
        />
      </search>
      <Panel isFlush>
        <DataTable
          label={say('page.users')}
          columns={columns}
          rows={answer.data?.data}
          answer={answer}
          rowKey={user => user.user_id}
          empty={<Empty icon="users" title={say('users.none')} />}
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
      {isAdding && (
        <MqttUserDialog
          path={path}
          onClose={() => {
            setAdding(false);
            answer.reload();
          }}
        />
      )}
    </>
  );
}

function MqttUserDialog({ path, onClose }: { path: string; onClose(): void }) {
  const say = useText();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [isSuper, setSuper] = useState(false);
  const add = async () => {
    await request('POST', path, { body: { user_id: user, password, is_superuser: isSuper } });
    notify(say('user.saved', { name: user }));
    onClose();
  };
  return (
    <Dialog title={say('user.add')} onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={add} onCancel={onClose}>
        <TextField
          label={say('login.username')}
          required
          autoFocus
          autoComplete="off"
          value={user}
          onChange={event => setUser(event.target.value)}
        />
        <TextField
          label={say('login.password')}
          type="password"
          required
          autoComplete="new-password"
          value={password}
          onChange={event => setPassword(event.target.value)}
        />
        <CheckField
          label={say('mqtt_user.super')}
          hint={say('mqtt_user.super_hint')}
          checked={isSuper}
          onChange={event => setSuper(event.target.checked)}
        />
      </Form>
    </Dialog>
  );
}
