// Whether a back end of access control can be asked.
import { useQuery } from '../api/use_query';
import { type TextKey, useText } from '../text/text';
import { Badge } from './badge';

interface Status {
  readonly status: string;
  readonly metrics?: Readonly<Record<string, number>>;
}

const EVERY_MS = 10_000;
const STATES: Readonly<Record<string, TextKey>> = {
  connected: 'state.ready',
  connecting: 'state.connecting',
  disconnected: 'state.unreachable',
};

// `path` is that of its status.
export function BackEndBadge({ path, isEnabled }: { path: string; isEnabled: boolean }) {
  const say = useText();
  const answer = useQuery<Status>(isEnabled ? path : null, { everyMs: EVERY_MS });
  if (!isEnabled) {
    return <Badge tone="neutral">{say('state.disabled')}</Badge>;
  }
  if (!answer.data) {
    return <span className="waiting" />;
  }
  const { status } = answer.data;
  const known = STATES[status];
  return <Badge tone={status === 'connected' ? 'good' : 'bad'}>{known === undefined ? status : say(known)}</Badge>;
}
