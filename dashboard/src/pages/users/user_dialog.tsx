// A user, made or changed.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { useText } from '../../text/text';

export interface User {
  readonly username: string;
  readonly role: string;
  readonly description: string;
  readonly mfa?: string;
}

export function UserDialog({ user, onClose }: { user: User | null; onClose(): void }) {
  const say = useText();
  const [username, setUsername] = useState(user?.username ?? '');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState(user?.role ?? 'viewer');
  const [description, setDescription] = useState(user?.description ?? '');
  const save = async () => {
    if (user === null) {
      await request('POST', '/users', { body: { username, password, role, description } });
    } else {
      await request('PUT', `/users/${part(username)}`, { body: { role, description } });
    }
    notify(say('user.saved', { name: username }));
    onClose();
  };
  return (
    <Dialog title={user === null ? say('user.add') : user.username} onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
        {user === null && (
          <>
            <TextField
              label={say('login.username')}
              required
              autoFocus
              autoComplete="off"
              pattern="[A-Za-z0-9_]+"
              maxLength={100}
              value={username}
              onChange={event => setUsername(event.target.value)}
            />
            <TextField
              label={say('login.password')}
              hint={say('password.rule')}
              type="password"
              required
              autoComplete="new-password"
              maxLength={64}
              value={password}
              onChange={event => setPassword(event.target.value)}
            />
          </>
        )}
        <SelectField
          label={say('user.role')}
          choices={[
            { value: 'viewer', label: say('role.viewer') },
            { value: 'administrator', label: say('role.administrator') },
          ]}
          value={role}
          onChange={event => setRole(event.target.value)}
        />
        <TextField
          label={say('user.description')}
          value={description}
          onChange={event => setDescription(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}
