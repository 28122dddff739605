// Who is logged in, and what they can do about themselves.
import { useState } from 'react';
import { request } from '../api/request';
import { IconButton } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { ChangePasswordForm } from '../session/change_password_page';
import { end, type Session } from '../session/session';
import { useText } from '../text/text';
import { PreferenceSwitches } from './preference_switches';

export function AccountMenu({ session }: { session: Session }) {
  const say = useText();
  const [isChanging, setChanging] = useState(false);
  const logOut = async () => {
    // The token ends by itself where the node cannot be told.
    await request('POST', '/logout', { body: { username: session.username } }).catch(() => undefined);
    end(false);
  };
  return (
    <div className="account">
      <PreferenceSwitches />
      <div className="account-row">
        <div className="account-name">
          <strong>{session.username}</strong>
          <span className="faint">{say(session.role === 'viewer' ? 'role.viewer' : 'role.administrator')}</span>
        </div>
        <IconButton icon="lock" label={say('password.title')} onClick={() => setChanging(true)} />
        <IconButton icon="logout" label={say('action.log_out')} onClick={logOut} />
      </div>
      <p className="faint version">Dunlin {session.version}</p>
      {isChanging && (
        <Dialog title={say('password.title')} onClose={() => setChanging(false)}>
          <ChangePasswordForm session={session} onCancel={() => setChanging(false)} onDone={() => setChanging(false)} />
        </Dialog>
      )}
    </div>
  );
}
