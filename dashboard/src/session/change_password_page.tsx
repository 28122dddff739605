// A password that has to be changed before anything else, such as the default one.
import { useEffect, useState } from 'react';
import { part, request } from '../api/request';
import { TextField } from '../parts/field';
import { Form } from '../parts/form';
import { Mark } from '../parts/mark';
import { notify } from '../parts/notices';
import { PreferenceSwitches } from '../shell/preference_switches';
import { useText } from '../text/text';
import { begin, end, type Session } from './session';

export function ChangePasswordPage({ session }: { session: Session }) {
  const say = useText();
  useEffect(() => {
    document.title = `${say('password.title')} · Dunlin`;
  }, [say]);
  return (
    <main className="gate">
      <div className="gate-card">
        <Mark size={44} />
        <h1>{say('password.title')}</h1>
        <p className="page-text">{say('password.text', { name: session.username })}</p>
        <ChangePasswordForm session={session} onCancel={() => end(false)} />
      </div>
      <PreferenceSwitches />
    </main>
  );
}

export function ChangePasswordForm({
  session,
  onCancel,
  onDone,
}: {
  session: Session;
  onCancel(): void;
  onDone?(): void;
}) {
  const say = useText();
  const [before, setBefore] = useState('');
  const [after, setAfter] = useState('');
  const [again, setAgain] = useState('');
  const change = async () => {
    if (after !== again) {
      throw new Error(say('password.differ'));
    }
    const body = { old_pwd: before, new_pwd: after };
    await request('POST', `/users/${part(session.username)}/change_pwd`, { body });
    // The token is good for nothing now.
    const login = { username: session.username, password: after };
    try {
      const { token } = await request<{ token: string }>('POST', '/login', { body: login });
      begin({ ...session, token, mustChangePassword: false });
    } catch {
      end(false);
    }
    notify(say('password.done'));
    onDone?.();
  };
  const field = (label: string, autoComplete: string, value: string, set: (value: string) => void, hint?: string) => (
    <TextField
      label={label}
      hint={hint}
      type="password"
      autoComplete={autoComplete}
      required
      maxLength={100}
      value={value}
      onChange={event => set(event.target.value)}
    />
  );
  return (
    <Form submitLabel={say('password.action')} onSubmit={change} onCancel={onCancel}>
      {field(say('password.before'), 'current-password', before, setBefore)}
      {field(say('password.after'), 'new-password', after, setAfter, say('password.rule'))}
      {field(say('password.again'), 'new-password', again, setAgain)}
    </Form>
  );
}
