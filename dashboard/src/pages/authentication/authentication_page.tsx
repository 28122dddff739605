// Who may come in: the authenticators, in the order in which they are asked, or the users of one of them.
import { useRoute } from '../../state/route';
import { AuthenticatorList } from './authenticator_list';
import { AuthenticatorUsers } from './authenticator_users';

export function AuthenticationPage() {
  const [id] = useRoute().rest;
  return id === undefined ? <AuthenticatorList /> : <AuthenticatorUsers key={id} id={id} />;
}
