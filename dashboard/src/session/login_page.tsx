// The way in: name and password, and the number of the second factor for those who have one.
import { useEffect, useState } from 'react';
import { RequestError, request } from '../api/request';
import { TextField } from '../parts/field';
import { Form } from '../parts/form';
import { Mark } from '../parts/mark';
import { PreferenceSwitches } from '../shell/preference_switches';
import { useStore } from '../state/store';
import { type Say, useText } from '../text/text';
import { begin, sessionState } from './session';

interface LoginObject {
  readonly token: string;
  readonly role: string;
  readonly version: string;
  readonly must_change_password: boolean;
}

interface Factor {
  // Shown once, when the app does not know it yet.
  readonly secret: string | undefined;
}

export function LoginPage() {
  const say = useText();
  const { hasExpired } = useStore(sessionState);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [factor, setFactor] = useState<Factor | null>(null);
  useEffect(() => {
    document.title = `${say('login.title')} · Dunlin`;
  }, [say]);

  const logIn = async () => {
    const body = { username, password, ...(factor && { mfa_token: code }) };
    try {
      const { token, role, version, must_change_password } = await request<LoginObject>('POST', '/login', { body });
      begin({ username, token, role, version, mustChangePassword: must_change_password });
    } catch (error) {
      const wanted = factorOf(error);
      if (wanted === null || factor !== null) {
        throw refusal(error, say);
      }
      setFactor(wanted);
    }
  };

  return (
    <main className="gate">
      <div className="gate-card">
        <Mark size={44} />
        <h1>{say('login.title')}</h1>
        <p className="page-text">{hasExpired ? say('login.expired') : say('login.text')}</p>
        <Form submitLabel={say('login.action')} onSubmit={logIn}>
          <TextField
            label={say('login.username')}
            name="username"
            autoComplete="username"
            autoFocus
            required
            maxLength={100}
            value={username}
            onChange={event => setUsername(event.target.value)}
          />
          <TextField
            label={say('login.password')}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={100}
            value={password}
            onChange={event => setPassword(event.target.value)}
          />
          {factor && (
            <TextField
              label={say('login.code')}
              hint={factor.secret && say('login.secret', { secret: factor.secret })}
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              autoFocus
              required
              maxLength={9}
              value={code}
              onChange={event => setCode(event.target.value)}
            />
          )}
        </Form>
      </div>
      <PreferenceSwitches />
    </main>
  );
}

function factorOf(error: unknown): Factor | null {
  if (!(error instanceof RequestError) || error.code !== 'BAD_MFA_TOKEN') {
    return null;
  }
  const { secret } = (error.details ?? {}) as { secret?: unknown };
  return { secret: typeof secret === 'string' ? secret : undefined };
}

function refusal(error: unknown, say: Say): unknown {
  if (!(error instanceof RequestError)) {
    return error;
  }
  if (error.code === 'LOGIN_LOCKED') {
    return new Error(say('login.locked'));
  }
  if (error.code === 'BAD_MFA_TOKEN') {
    return new Error(say('login.bad_code'));
  }
  // Everything longer says what to do.
  return error.message === 'Auth failed' ? new Error(say('login.wrong')) : error;
}
