// Listeners on which nobody asks who a client is; nothing where there are none.
import { useQuery } from '../../api/use_query';
import { Icon } from '../../parts/icon';
import { useText } from '../../text/text';

interface Listener {
  readonly id: string;
  readonly running: boolean;
  readonly enable_authn?: boolean | string;
  readonly authentication?: readonly unknown[];
}

const EVERY_MS = 30_000;

export function OpenAccess() {
  const say = useText();
  const authenticators = useQuery<readonly unknown[]>('/authentication', { everyMs: EVERY_MS }).data;
  const listeners = useQuery<readonly Listener[]>('/listeners', { everyMs: EVERY_MS }).data;
  if (authenticators === undefined || listeners === undefined) {
    return null;
  }
  const asks = (listener: Listener) => authenticators.length > 0 || (listener.authentication ?? []).length > 0;
  const isOpen = (listener: Listener) => listener.running && (listener.enable_authn === false || !asks(listener));
  const open = listeners.filter(isOpen).map(listener => listener.id);
  if (open.length === 0) {
    return null;
  }
  return (
    <div className="note note-warning" role="note">
      <Icon name="door" />
      <span>
        <strong>{say('overview.open')}</strong> {say('overview.open_text', { listeners: open.join(', ') })}{' '}
        <a href="#/authentication">{say('overview.open_link')}</a>
      </span>
    </div>
  );
}
