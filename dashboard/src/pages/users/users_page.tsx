// People who may use the dashboard.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { sessionState } from '../../session/session';
import { useMayWrite } from '../../session/use_may_write';
import { useStore } from '../../state/store';
import { useText } from '../../text/text';
import { type User, UserDialog } from './user_dialog';

export function UsersPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly User[]>('/users');
  const [edited, setEdited] = useState<User | 'new' | null>(null);
  const [removed, setRemoved] = useState<User | null>(null);
  const remove = async (user: User) => {
    await request('DELETE', `/users/${part(user.username)}`);
    notify(say('user.removed', { name: user.username }));
    answer.reload();
  };
  return (
    <>
      <PageHead
        title={say('page.users')}
        text={say('users.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('user.add')}
            </Button>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.users')}
          columns={useColumns(answer.reload, setEdited, setRemoved)}
          rows={answer.data}
          answer={answer}
          rowKey={user => user.username}
          empty={<Empty icon="users" title={say('users.none')} />}
        />
      </Panel>
      {edited !== null && (
        <UserDialog
          user={edited === 'new' ? null : edited}
          onClose={() => {
            setEdited(null);
            answer.reload();
          }}
        />
      )}
      {removed && (
        <Confirm
          title={say('user.remove')}
          actionLabel={say('action.remove')}
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          {say('user.remove_text', { name: removed.username })}
        </Confirm>
      )}
    </>
  );
}

function useColumns(
  reload: () => void,
  edit: (user: User) => void,
  remove: (user: User) => void,
): readonly Column<User>[] {
  const say = useText();
  const mayWrite = useMayWrite();
  const own = useStore(sessionState).session?.username;
  const act = useAction(reload);
  const toggleFactor = (user: User) => {
    const path = `/users/${part(user.username)}/mfa`;
    return hasFactor(user)
      ? act(() => request('DELETE', path), say('user.factor_off', { name: user.username }))
      : act(
          () => request('POST', path, { body: { mechanism: 'totp' } }),
          say('user.factor_on', { name: user.username }),
        );
  };
  return [
    { key: 'name', title: say('login.username'), cell: user => <strong>{user.username}</strong> },
    {
      key: 'role',
      title: say('user.role'),
      cell: user => say(user.role === 'viewer' ? 'role.viewer' : 'role.administrator'),
    },
    {
      key: 'description',
      title: say('user.description'),
      isMinor: true,
      cell: user => user.description || <span className="faint">–</span>,
    },
    {
      key: 'factor',
      title: say('user.factor'),
      isMinor: true,
      cell: user => say(hasFactor(user) ? 'word.yes' : 'word.no'),
    },
    {
      key: 'actions',
      title: '',
      cell: user => (
        <>
          {(mayWrite || user.username === own) && (
            <Button className="button-small" onClick={() => toggleFactor(user)}>
              {say(hasFactor(user) ? 'user.end_factor' : 'user.begin_factor')}
            </Button>
          )}
          {mayWrite && (
            <Button className="button-small" onClick={() => edit(user)}>
              {say('action.edit')}
            </Button>
          )}
          {mayWrite && user.username !== own && (
            <Button className="button-small" kind="danger" onClick={() => remove(user)}>
              {say('action.remove')}
            </Button>
          )}
        </>
      ),
    },
  ];
}

function hasFactor(user: User): boolean {
  return user.mfa !== undefined && user.mfa !== 'none' && user.mfa !== 'disabled';
}
