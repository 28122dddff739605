// What is shown: the way in, or a page.
import { Notices } from './parts/notices';
import { ChangePasswordPage } from './session/change_password_page';
import { LoginPage } from './session/login_page';
import { sessionState } from './session/session';
import { Shell } from './shell/shell';
import { useStore } from './state/store';

export function App() {
  const { session } = useStore(sessionState);
  return (
    <>
      {session === null && <LoginPage />}
      {session?.mustChangePassword === true && <ChangePasswordPage session={session} />}
      {session?.mustChangePassword === false && <Shell session={session} />}
      <Notices />
    </>
  );
}
